package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// keptAudits is how many records a project keeps: so many of changes and
// events, and so many of other calls.
const keptAudits = 10_000

// maxChangelog bounds what of an import's changelog is kept, in bytes.
const maxChangelog = 1024

// auditFields is the audit record in the order in which it is answered.
var auditFields = []field{
	{name: "ID"},
	{name: "projectId"},
	{name: "userId"},
	{name: "action"},
	{name: "occurred", kind: kindLong}, // epoch milliseconds, answered as a string
	{name: "device"},
	{name: "method"}, // of a login, not of HTTP
	{name: "geo"},
	{name: "remoteAddress"},
	{name: "externalIds", kind: kindTexts},
	{name: "tenants", kind: kindTexts},
	{name: "data", kind: kindMap},
	{name: "type"},
	{name: "actorId"},
}

// Types of audit records.
const (
	auditInfo  = "info"
	auditWarn  = "warn"
	auditError = "error"
)

// auditRecord is one record. Most of them are made by calls, and never looked
// at: so the object is written only when it is answered or stored.
type auditRecord struct {
	id       string
	occurred int64             // epoch milliseconds
	texts    map[string]string // the members that are texts; empty ones may be missing
	logins   []string
	tenants  []string
	data     json.RawMessage // an object
	extras   object          // fields that nobody knows
}

// newAuditRecord checks a stored record.
func newAuditRecord(from object) (*auditRecord, error) {
	known, unknown, err := split(auditFields, from)
	if err != nil {
		return nil, err
	}
	record := &auditRecord{
		id: known.text("ID"), occurred: known.whole("occurred"), texts: map[string]string{},
		logins: known.texts("externalIds"), tenants: known.texts("tenants"), data: known["data"], extras: unknown,
	}
	for _, f := range auditFields {
		if f.kind == kindText && f.name != "ID" {
			record.texts[f.name] = known.text(f.name)
		}
	}
	if record.texts["action"] == "" {
		return nil, errors.New(`"action" is missing or empty`)
	}
	return record, nil
}

// show is the record as the API answers it, and as it is stored.
func (r *auditRecord) show() []byte {
	shown := object{
		"ID": encoded(r.id), "occurred": encoded(strconv.FormatInt(r.occurred, 10)),
		"externalIds": encoded(nonNil(r.logins)), "tenants": encoded(nonNil(r.tenants)),
	}
	for name, text := range r.texts {
		shown[name] = encoded(text)
	}
	if r.data != nil {
		shown["data"] = r.data
	}
	maps.Copy(shown, r.extras)
	return showObject(auditFields, shown, nil)
}

// compareAudits orders records by time; ids made here rise with it.
func compareAudits(a, b *auditRecord) int {
	if a.occurred != b.occurred {
		if a.occurred < b.occurred {
			return -1
		}
		return 1
	}
	return strings.Compare(a.id, b.id)
}

// auditLog is what a project remembers of its calls. Changes and events are in
// the store as well; other calls, of which there are many, are in memory only.
type auditLog struct {
	changes []*auditRecord // the newest keptAudits
	others  []*auditRecord // the same
	next    uint64         // number in the next id
}

// An id has the digits of a time in milliseconds, and of a number
// behind it: as long as Descope's ids, and in the order of time.
const auditTimeDigits, auditNumberDigits = 13, 14

func (l *auditLog) newID(occurred int64) string {
	l.next++
	return fmt.Sprintf("%0*d%0*d", auditTimeDigits, max(occurred, 0), auditNumberDigits, l.next)
}

// add appends a record, and returns the one that has to go for it.
func (l *auditLog) add(to *[]*auditRecord, record *auditRecord) (dropped *auditRecord) {
	if len(record.id) == auditTimeDigits+auditNumberDigits {
		if number, err := strconv.ParseUint(record.id[auditTimeDigits:], 10, 64); err == nil {
			l.next = max(l.next, number)
		}
	}
	*to = append(*to, record)
	if len(*to) > keptAudits {
		dropped = (*to)[0]
		*to = (*to)[1:]
	}
	return dropped
}

// all are the records from the oldest to the newest.
func (l *auditLog) all() []*auditRecord {
	all := slices.Concat(l.changes, l.others)
	slices.SortFunc(all, compareAudits)
	return all
}

// addAudits lays the audit records of a state into a content.
func (b builder) addAudits(into *content, state ProjectState) error {
	if state.Audits == nil {
		return nil
	}
	records, seen := make([]*auditRecord, 0, len(state.Audits)), map[string]bool{}
	for i, raw := range state.Audits {
		fields, err := parseObject(raw)
		if err != nil {
			return fmt.Errorf("audits[%d]: %w", i, err)
		}
		if _, found := fields["ID"]; !found {
			fields["ID"] = encoded(derivedID("AUD", state.ID, strconv.Itoa(i)))
		}
		if _, found := fields["occurred"]; !found {
			fields["occurred"] = encoded(b.now * 1000)
		}
		record, err := newAuditRecord(fields)
		if err != nil {
			return fmt.Errorf("audits[%d]: %w", i, err)
		}
		if seen[record.id] || record.id == "" {
			return fmt.Errorf("audits[%d]: the ID %q is empty or occurs twice", i, record.id)
		}
		seen[record.id] = true
		records = append(records, record)
	}
	slices.SortFunc(records, compareAudits)
	into.audit = &auditLog{}
	for _, record := range records {
		into.audit.add(&into.audit.changes, record)
	}
	return nil
}

// keepAudit gives a content without a log the log that was there before.
func (c *content) keepAudit(before *auditLog) {
	if c.audit == nil {
		c.audit = before
	}
	if c.audit == nil {
		c.audit = &auditLog{}
	}
}

// putAudit stores a record with the batch, and drops the oldest when there are too many.
func (b *batch) putAudit(c *content, record *auditRecord) {
	b.writes = append(b.writes, write{op: opPut, project: b.call.project.id, kind: storeAudit, id: record.id, value: record.show()})
	// One batch adds two records at most, so the oldest ones to drop are known before.
	added := 0
	for _, w := range b.writes {
		if w.op == opPut && w.kind == storeAudit {
			added++
		}
	}
	if at := len(c.audit.changes) + added - keptAudits - 1; at >= 0 && at < len(c.audit.changes) {
		b.drop(storeAudit, c.audit.changes[at].id)
	}
	b.apply = append(b.apply, func(c *content) { c.audit.add(&c.audit.changes, record) })
}

// record remembers a call that stored nothing: a read, or one that was refused.
func (s *Server) record(c *call, err error) {
	if c.project == nil || c.recorded {
		return
	}
	audit := c.content().audit
	audit.add(&audit.others, s.callRecord(c, err))
}

// callRecord is the audit record of a call: who, when, what, about which
// tenant, and the caller's own request id.
func (s *Server) callRecord(c *call, failure error) *auditRecord {
	occurred := s.options.Now().UnixMilli()
	action := c.route.method + " " + c.route.path
	record := &auditRecord{id: c.content().audit.newID(occurred), occurred: occurred, texts: map[string]string{
		"projectId": c.project.id, "action": action, "type": auditInfo, "actorId": actorID(c.key), "remoteAddress": c.remote,
	}}
	if tenant := c.about(); tenant != "" {
		record.tenants = []string{tenant}
	}
	data := []byte{'{'}
	data = appendMember(data, "method", encoded(c.route.method))
	data = appendMember(data, "path", encoded(c.route.path))
	data = appendMember(data, "externalRequestId", encoded(c.externalID))
	if changelog := c.body.text("changelog"); changelog != "" { // of a flow import
		data = appendMember(data, "changelog", encoded(bounded(changelog, maxChangelog)))
	}
	if failure != nil {
		record.texts["type"] = auditError
		data = appendMember(data, "errorCode", encoded(wireError(failure).code))
	}
	record.data = append(data, '}')
	return record
}

// actorID stands for a management key in the log. Nobody can get the key from it.
func actorID(key string) string {
	digest := sha256.Sum256([]byte("actor\x00" + key))
	const shown = 16
	return hex.EncodeToString(digest[:shown])
}
