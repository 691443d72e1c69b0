package emulator

// flowUnknowns are the unknowns of flows. Where the code branches, the other
// choice stands behind the key in a test.
func flowUnknowns() []unknown {
	return []unknown{
		{"flow-new-project", "what the four flows and the theme of a new project look like", "ours, in the shape of real ones, version 1", nil},
		{"flow-list-order", "the order of flows in a list", "by id", nil},
		{"flow-list-dsl", "whether a list has the `dsl`; the SDKs promise id, name, description and disabled only", "an empty one; alternative: all of it", nil},
		{"flow-template-list", "Descope's own library of templates", "an empty list", nil},
		{"flow-export-missing", "v2 export of a flow that does not exist, seen with v1 only", choiceRefuse, errFlowLoad},
		{"flow-export-zero-values", "what an export fills in", "live: the fields of metadata, translation and interactions, `screens`, `references: {}`, each task's `next`, a screen task's `dynamicSelects`, `componentsConnectors`, `clientScripts`; verbatim: nothing", nil},
		{"flow-export-references", "whether the parts of `references` (connectors, roles, …) are filled in as well", "no; alternative: each as `{}` or `[]`", nil},
		{unknownFlowID, "which ids an import accepts", "letters, digits, `-` and `_`, as in Terraform; else refused", invalid("The flowId field is invalid")},
		{unknownFlowIncomplete, "import without `metadata`, `contents` or `startTask`, or whose `startTask` does not exist", choiceRefuse, invalid("The flow is incomplete")},
		{unknownFlowTasks, "import of more than 200 tasks, the pseudo-task `start` not counted", choiceRefuse, invalid("The flow has too many tasks")},
		{unknownFlowEdge, "import with an edge to a task that does not exist", choiceRefuse, invalid("The flow leads to a task that does not exist")},
		{unknownFlowScreen, "import with a screen task whose screen is not in the flow", choiceRefuse, invalid("The flow shows a screen that does not exist")},
		{unknownFlowScreenTwice, "import with two screens of one id", choiceRefuse, invalid("The flow has a screen twice")},
		{"flow-import-screen-ids", "whether an import into the project of origin keeps the screen ids, as one into another project does not", "live: new ones on each import; verbatim: those that were sent", nil},
		{"flow-import-screen-references", "what refers to a screen, besides the tasks' `screenId`", "live: members called `screenId` at any depth, and ids of the form `SC` and 27 characters wherever a text is one", nil},
		{"flow-import-components-version", "to which version an import moves `componentsVersion`", "live: always to the emulator's own, `" + liveComponentsVersion + "`; verbatim: it stays", nil},
		{"flow-import-unknown-fields", "members of a flow that no source names", "kept, as far as the form has a place; alternative: dropped", nil},
		{"flow-import-references", "references to connectors, roles and sub-flows that the project has not", choiceAccept + ", and kept as they are; alternative: listed in `references.omitted`", nil},
		{"flow-import-skip-render", "what `skipRender` does", "nothing", nil},
		{"flow-import-changelog", "where the `changelog` of an import can be read", "`data.changelog` of the call's audit record, its first 1,024 bytes", nil},
		{"flow-import-console-id", "a v1 import whose `flow.id` is not its `flowId`", "`flowId` wins", nil},
		{"flow-import-console-references", "what a v1 import does to the `references`, for which its form has no place", "they are gone, as in the official converter", nil},
		{"flow-console-screens", "`version` and `inputs` of v1 screens that came through v2", "the flow's version, and none", nil},
		{"flow-version", "the version of a new flow", "1; each import adds 1", nil},
		{"flow-modified-time", "the unit of `modifiedTime`", "seconds, as in console files; at least 1 more than before; alternative: milliseconds", nil},
		{unknownFlowDelete, "delete of a flow that does not exist", "refused, and nothing is deleted", errFlowsNotFound.withDetail("Failed finding any flows")},
		{unknownFlowBuiltIn, "delete of a built-in flow", "refused, and nothing is deleted", invalid("A built-in flow cannot be deleted")},
		{"flow-delete-used", "delete of a flow that others have as a sub-flow", choiceAccept, nil},
	}
}

func themeUnknowns() []unknown {
	return []unknown{
		{unknownThemeIncomplete, "import of a theme without `styles` (v1: `cssTemplate`)", choiceRefuse, invalid("The styles field is required")},
		{"theme-console", "how the v1 theme relates to that of v2", "`cssTemplate` is `styles`; `references` have no place in v1, `id` and `codeMode` none in v2", nil},
		{"theme-id", "the id of the theme", "`default`, until a v1 import sends another", nil},
		{"theme-import-components-version", "what an import does to `componentsVersion`", "as with flows", nil},
	}
}
