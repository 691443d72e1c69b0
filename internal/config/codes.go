package config

import "slices"

// The codes of diagnostics. A code never changes its meaning; the list in the
// documentation is made from [diagnosticCodes].
const (
	codeSyntax      = "CFG001"
	codeEncoding    = "CFG002"
	codeLimit       = "CFG003"
	codeTag         = "CFG004"
	codeUnknownKey  = "CFG010"
	codeDuplicate   = "CFG011"
	codeType        = "CFG012"
	codeNull        = "CFG013"
	codeValue       = "CFG014"
	codeUnsupported = "CFG015"
	codeSetTwice    = "CFG016"
	codeVersion     = "CFG020"
	codeRequires    = "CFG021"
	codeUnset       = "CFG030"
	codeTemplate    = "CFG031"
	codeCredential  = "CFG032"
	codeLiteralKey  = "CFG033"
	codeMissingKey  = "CFG034"
	codeShortSecret = "CFG035"
	codeKeyTwice    = "CFG036"
	codeKeyFile     = "CFG037"
	codeHost        = "CFG040"
	codeEnvironment = "CFG041"
	codeExec        = "CFG042"
	codeWriters     = "CFG043"
	codeEnvFile     = "CFG044"
	codeEnvKept     = "CFG045"
	codeReadable    = "CFG046"
	codeID          = "CFG050"
	codeIDRule      = "CFG051"
	codeName        = "CFG052"
	codeNameRule    = "CFG053"
	codeTwice       = "CFG054"
	codeSelection   = "CFG055"
	codeOutside     = "CFG056"
	codeDomain      = "CFG060"
	codePublicMail  = "CFG061"
	codeDomainTwice = "CFG062"
	codeDomainPair  = "CFG063"
	codeNoEffect    = "CFG064"
	codeParent      = "CFG070"
	codeLevels      = "CFG071"
	codeAttribute   = "CFG080"
	codeAbsent      = "CFG081"
	codeRepeated    = "CFG082"
	codeAmbiguous   = "CFG083"

	codeFlowSource    = "CFG090"
	codeFlowFile      = "CFG091"
	codeFlowTemplate  = "CFG092"
	codeFlowParameter = "CFG093"
	codeFlowSetting   = "CFG094"
	codeFlowCheck     = "CFG095"
	codeFlowReference = "CFG096"
	codeFlowLoss      = "CFG097"

	codeOverlay       = "CFG100"
	codeOverlayEffect = "CFG101"
	codeDriftRule     = "CFG110"
)

// codeMeaning explains one code of a diagnostic.
type codeMeaning struct {
	code, severity, meaning string
}

// diagnosticCodes lists every code with what it stands for, in order.
func diagnosticCodes() []codeMeaning { return slices.Concat(documentCodes(), objectCodes()) }

// documentCodes are about documents, variables, and who may say what.
func documentCodes() []codeMeaning {
	return []codeMeaning{
		{codeSyntax, "error", "The text is not valid YAML (or, in a `.json` file, not valid JSON)."},
		{codeEncoding, "error", "A character that may not stand in a configuration: invalid UTF-8, NUL, another control character, a lone carriage return, a line separator that YAML readers take differently."},
		{codeLimit, "error", "A limit is passed: a document over 64 MiB, nesting over 100 levels, aliases that expand too far or contain themselves, a number of over 1,000 characters."},
		{codeTag, "error", "A YAML tag that has no meaning here, or that does not fit its value; `!secret` where none may stand."},
		{codeUnknownKey, "error", "A key that does not exist at this place."},
		{codeDuplicate, "error", "A key that stands twice in one mapping, also once in each of its two spellings."},
		{codeType, "error", "A value of the wrong type."},
		{codeNull, "error", "A null value, in an overlay at a key that null cannot unmanage. Write `[]` or `\"\"` for empty, or drop the key."},
		{codeValue, "error", "A value of the right type that is not allowed here."},
		{codeUnsupported, "error", "A key of a later version of the tool."},
		{codeSetTwice, "error", "A setting that several documents give."},
		{codeVersion, "error", "`version` is missing, or is not `\"1.0\"`."},
		{codeRequires, "error, warning", "The running tool does not satisfy `requires`; a warning where the tool's own version is unknown."},
		{codeUnset, "error", "A variable outside of `auth` and `environments` is not set and has no default."},
		{codeTemplate, "error", "A `${…}` that is no variable reference."},
		{codeCredential, "error", "A credential where none may stand: a variable that serves as a credential, one whose name says so, or a value that contains a loaded key."},
		{codeLiteralKey, "error", "A management key that is written into the file."},
		{codeMissingKey, "note", "A variable under `auth` or `environments` (also in an overlay) is not set. Only a command that needs it fails."},
		{codeShortSecret, "error, warning", "A value that is marked as secret and has fewer than 8 characters: it cannot be told from other text. An error in flows and names, which are shown in many places."},
		{codeKeyTwice, "error", "More than one of `management_key`, `management_key_file` and `management_key_command` in one block."},
		{codeKeyFile, "error", "A `management_key_file` that is no regular file, or that anybody may write to or replace."},
		{codeHost, "error", "A `base_url` that files may not name."},
		{codeEnvironment, "error", "An environment's name is not allowed, or `only` or `except` names an environment that is not configured."},
		{codeExec, "error", "Commands to run in a file that is not trusted to name any."},
		{codeWriters, "error", "The user's own settings in a file to which others may write."},
		{codeEnvFile, "error", "A file of variables (`.env`) that cannot be used: a line that is none, a name twice, a quote that is not closed, over 1 MiB, no regular file, or one that anybody may write to or replace."},
		{codeEnvKept, "warning", "A variable in a file of variables that is not taken from there, because it says where commands go or keep their records; or a `${` in a value, which stays as it is."},
		{codeReadable, "warning", "A file that holds secrets and that anybody on the machine may read."},
	}
}

// objectCodes are about tenants, flows, and what is laid over them.
func objectCodes() []codeMeaning {
	return []codeMeaning{
		{codeID, "error", "A tenant or flow without an id, or with one that can never be valid."},
		{codeIDRule, "warning", "An id outside of the rule for new tenants. `plan` makes it an error where it would create the tenant."},
		{codeName, "error", "A name that can never be valid."},
		{codeNameRule, "warning", "A name outside of the rule for new tenants. `plan` makes it an error where it would create the tenant."},
		{codeTwice, "error", "An id, key or name that two entries have."},
		{codeSelection, "error", "`only` and `except` together, or one of them without an environment."},
		{codeOutside, "warning", "A tenant or flow that `manage` leaves out: nothing of its entry takes effect."},
		{codeDomain, "error, warning", "A domain that is not well formed; a warning where it is only rewritten in lower case."},
		{codePublicMail, "error", "A public mail domain: everybody with such an address would join the tenant."},
		{codeDomainTwice, "error", "A domain that two tenants have."},
		{codeDomainPair, "error", "`domains`, `self_provisioning` and `self_provisioning_domains` contradict each other."},
		{codeNoEffect, "warning", "`domains` that take no effect, because `self_provisioning` is false or missing."},
		{codeParent, "error", "A tenant is above itself, or below a tenant that is declared absent."},
		{codeLevels, "warning", "More than three levels of tenants."},
		{codeAttribute, "error", "An attribute that is both set and removed, or whose key cannot be used."},
		{codeAbsent, "warning", "A key that takes no effect on a tenant or flow with `state: absent`."},
		{codeRepeated, "warning", "An item that stands twice in a list."},
		{codeAmbiguous, "warning", "A value that older YAML readers take for something else."},
		{codeFlowSource, "error", "A flow with both or neither of `template` and `file`, or with `config` and no template."},
		{codeFlowFile, "error", "A flow's file that cannot be read, leads out of the configuration's folder, or holds no flow."},
		{codeFlowTemplate, "error", "A template that does not exist, or whose manifest is not right."},
		{codeFlowParameter, "error", "A parameter that the template does not have or that is missing, of the wrong type, out of range, or not allowed."},
		{codeFlowSetting, "error", "A path under `set` that leads to nothing or to several things."},
		{codeFlowCheck, "error, warning", "The flow itself is not right, such as a path to a task that is not there; a warning where it can be deployed all the same."},
		{codeFlowReference, "warning", "A name under `references` to which the flow does not refer."},
		{codeFlowLoss, "note", "A flow's file with parts that have no place in a management export, such as the counters of a console export."},
		{codeOverlay, "error", "An entry of an overlay that cannot be laid: its key is no entry's, its id is another one's, it has `only` or `except`, or it unmanages a key of an entry that the overlay itself makes."},
		{codeOverlayEffect, "warning", "A part of an overlay that takes no effect: its entry does not belong to the environment, or `null` stands where nothing is managed."},
		{codeDriftRule, "error", "An entry of `drift.ignore` without an address, a reason or an owner, or one of `drift.severity` without a severity or a place."},
	}
}

// flowCodes are those of errors that are about the document of one flow.
func flowCodes() []string { return []string{codeFlowFile, codeFlowSetting, codeFlowCheck} }
