package live

// flowBody is the import of a small flow of the run: an entry, one screen, and
// an end. What is open to variation is given: the id, its name below {run}; the
// task after the entry; the screens; and the references.
func flowBody(id, first, screens, references string) string {
	return `{"flow":{"flowId":"` + id + `","metadata":{"name":"Live {run}","description":"{marker}"},"references":` + references + `,
 "contents":{"startTask":"` + first + `","tasks":{
  "start":{"id":"start","name":"start","type":"start","next":{"rules":[{"interactionId":"","taskId":"` + first + `"}]}},
  "1":{"id":"1","name":"Welcome","type":"screen","screenId":"welcome","next":{"rules":[{"interactionId":"submit","taskId":"0"}]}},
  "0":{"id":"0","name":"End","type":"automated","action":"logged-in"}}},
 "screens":` + screens + `}}`
}

const (
	oneScreen = `[{"screenId":"welcome","interactions":[{"id":"submit","type":"button","label":"Go"}],"contents":{"type":"container"}}]`
	noneOf    = `{}`
)

func imported(id string) Request {
	return post("/v2/mgmt/flow/import", flowBody("{run}-"+id, "1", oneScreen, noneOf))
}

func exported(id string) Request { return post("/v2/mgmt/flow/export", `{"flowId":"{run}-`+id+`"}`) }

func flows(id string) []Object { return []Object{{KindFlow, "{run}-" + id}} }

func flowProbes() []Probe {
	return []Probe{
		{ID: "flow-export-missing", Question: "v2 export of a flow that does not exist", Ask: exported("nobody")},
		{ID: "flow-export-missing-v1", Question: "v1 export of a flow that does not exist", Ask: post("/v1/mgmt/flow/export", `{"flowId":"{run}-nobody"}`)},
		{ID: "flow-delete-missing", Question: "delete of a flow that does not exist", Ask: post("/v1/mgmt/flow/delete", `{"ids":["{run}-nobody"]}`)},
		{ID: "flow-list-no-match", Question: "a list by an id that does not exist", Ask: post("/v1/mgmt/flow/list", `{"ids":["{run}-nobody"]}`)},
		{
			ID: "flow-list-dsl", Question: "whether a list has the dsl, and what modifiedTime is", Makes: flows("list"),
			Needs: []Request{imported("list")}, Ask: post("/v1/mgmt/flow/list", `{"ids":["{run}-list"]}`),
		},
		{
			ID: "flow-export-zero-values", Question: "what an export fills in", Makes: flows("zero"),
			Needs: []Request{imported("zero")}, Ask: exported("zero"), See: []string{"flow.metadata", "flow.references", "flow.contents.tasks"},
		},
		{
			ID: "flow-export-console", Question: "the v1 export of a flow that came through v2", Makes: flows("console"),
			Needs: []Request{imported("console")}, Ask: post("/v1/mgmt/flow/export", `{"flowId":"{run}-console"}`), See: []string{"flow.version"},
		},
		{
			ID: "flow-import-answer", Question: "what an import answers, and whether it keeps the ids of screens", Makes: flows("screens"),
			Ask: imported("screens"), Look: exported("screens"), See: []string{"flow.screens.0.screenId", "flow.contents.tasks.1.screenId"},
		},
		{
			ID: "flow-import-again", Question: "the version of a flow that is imported twice", Makes: flows("again"),
			Needs: []Request{imported("again")}, Ask: imported("again"),
			Look: post("/v1/mgmt/flow/list", `{"ids":["{run}-again"]}`), See: []string{"flows.0.version"},
		},
	}
}

func flowImportProbes() []Probe {
	of := func(body string) Request { return post("/v2/mgmt/flow/import", body) }
	twice := `[{"screenId":"welcome","interactions":[],"contents":{}},{"screenId":"welcome","interactions":[],"contents":{}}]`
	return []Probe{
		{ID: "flow-import-no-body", Question: "import without a flow", Ask: of(`{}`)},
		{
			ID: "flow-import-incomplete", Question: "import without metadata and contents", Makes: flows("incomplete"),
			Ask: of(`{"flow":{"flowId":"{run}-incomplete"}}`),
		},
		{
			ID: "flow-import-edge-to-nowhere", Question: "import with an edge to a task that does not exist", Makes: flows("edge"),
			Ask: of(flowBody("{run}-edge", "7", oneScreen, noneOf)),
		},
		{
			ID: "flow-import-missing-screen", Question: "import with a screen task whose screen is not in the flow", Makes: flows("missing"),
			Ask: of(flowBody("{run}-missing", "1", `[]`, noneOf)),
		},
		{
			ID: "flow-import-screen-twice", Question: "import with two screens of one id", Makes: flows("twice"),
			Ask: of(flowBody("{run}-twice", "1", twice, noneOf)),
		},
		{
			ID: "flow-import-references", Question: "a reference to a connector that the project has not", Makes: flows("refs"),
			Ask:  of(flowBody("{run}-refs", "1", oneScreen, `{"connectors":{"No such connector":"CI2aaaaaaaaaaaaaaaaaaaaaaaaaaa"}}`)),
			Look: exported("refs"), See: []string{"flow.references"},
		},
	}
}
