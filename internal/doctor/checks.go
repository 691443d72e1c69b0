package doctor

// Group is a heading under which people read checks.
type Group string

// The groups, in the order in which they are shown.
const (
	GroupProgram Group = "Program"
	GroupConfig  Group = "Configuration"
	GroupRecords Group = "Records"
	GroupProject Group = "Project" // once for each project that is looked at
)

// Entry says of one check what it is about.
type Entry struct {
	ID    string
	Group Group
	// Looks says what is looked at, Fails what makes it more than ok; both are
	// Markdown for a table's cell.
	Looks, Fails string
	// Asks says that it asks the host something, or judges what was answered.
	Asks bool
}

// The checks.
const (
	CheckBuild         = "build"
	CheckBinary        = "binary"
	CheckTerminal      = "terminal"
	CheckGit           = "git"
	CheckConfiguration = "configuration"
	CheckEnvFile       = "env_file"
	CheckSettings      = "settings"
	CheckEnvironment   = "environment"
	CheckStateFolder   = "state_folder"
	CheckLeftovers     = "leftovers"
	CheckBackups       = "backups"
	CheckProxy         = "proxy"
	CheckCredentials   = "credentials"
	CheckKeyCommand    = "key_command"
	CheckReachability  = "reachability"
	CheckAccess        = "access"
	CheckClock         = "clock"
	CheckLicense       = "license"
	CheckRateLimits    = "rate_limits"
	CheckLock          = "lock"
	CheckJournals      = "journals"
	CheckRecords       = "records"
	CheckAudit         = "audit"
)

// Catalogue lists all checks in the order in which they are shown.
func Catalogue() []Entry {
	return []Entry{
		{CheckBuild, GroupProgram, "version, commit, Go and platform of this binary", "never", false},
		{
			CheckBinary, GroupProgram, "who can replace the binary: its file, each folder above it, each link on the way",
			"problem: everybody can; warning: a group can; note: it belongs to somebody who is neither you nor root", false,
		},
		{CheckTerminal, GroupProgram, "terminal, width, colour, locale", "note: the locale is not UTF-8", false},
		{CheckGit, GroupProgram, "`git` and its version", "note: there is none, so that records name no commit", false},
		{
			CheckConfiguration, GroupConfig, "which files were found, and whether they are valid",
			"problem: errors, with the first one's place; warning: it has warnings; note: there is none", false,
		},
		{CheckEnvFile, GroupConfig, "the mode of the `.env` that was read, and whether git follows it", "warning: others can read it, or git follows it", false},
		{
			CheckSettings, GroupConfig, "your own settings (`config.yaml` in the tool's home) and who can replace them",
			"problem: they are not valid, or others can write them; warning: a group can write a folder above them", false,
		},
		{CheckProxy, GroupConfig, "`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, without passwords", "note: one is set; warning: its value is no address", false},
		{CheckEnvironment, GroupConfig, "which environment is selected, and by what", "note: several are configured, and none is selected; problem: it does not exist", false},
		{
			CheckStateFolder, GroupRecords, "the state folder: mode, owner, whether you can write, free space, file system",
			"problem: it cannot be written, everybody can write, or under 10 MiB are free; warning: others can read or write, it is somebody else's, " +
				"or under 100 MiB are free; note: it is not there yet, or on a network", false,
		},
		{CheckLeftovers, GroupRecords, "temporary files of ours that are more than an hour old", "note: there are some, of runs that were killed", false},
		{CheckBackups, GroupRecords, "how many backups there are, the age of the newest, who can read them; the newest one to its end, the beginning of each other one", "warning: one is damaged or cannot be read, or others can read the folder; note: there is none", false},
		{
			CheckCredentials, GroupProject, "where project id and management key come from",
			"problem: one is missing, or cannot be one; note: one is missing where no environment is selected", false,
		},
		{
			CheckKeyCommand, GroupProject, "who can replace the program that prints the key",
			"problem: everybody can, and the program is not run; warning: a group can; note: it is somebody else's", false,
		},
		{CheckReachability, GroupProject, "the way to the host: name, connection, TLS, answer", "problem: one of them fails; the summary says which", true},
		{CheckAccess, GroupProject, "whether the key is accepted", "problem: it is refused, or the answer is none; warning: the rate limit is reached", true},
		{CheckClock, GroupProject, "this machine's clock against the `Date` of the answer", "warning: they differ by more than 30 s", true},
		{CheckLicense, GroupProject, "the tier of the project's licence", "note: the host does not tell", true},
		{
			CheckRateLimits, GroupProject, "which limits are kept, and what earlier refusals have taught, until when",
			"warning: calls are held back now, or the record is damaged; note: a limit is lowered, or shared with no other process", false,
		},
		{CheckLock, GroupProject, "who holds the lock", "note: somebody holds it, or died with it; problem: its record is damaged", false},
		{
			CheckJournals, GroupProject, "runs that were cut off, and the journals that undo needs: the last run's to its end, the beginning of each other one",
			"warning: a run was cut off, which the next run settles, or an earlier one cannot be undone; problem: the last one cannot, or an open journal is damaged", false,
		},
		{
			CheckRecords, GroupProject, "which objects are the tool's own, what was applied last, the versions of flows",
			"problem: one of the first and the last cannot be read; warning: what was applied cannot, or the record of the tool's own objects has lost its lines", false,
		},
		{CheckAudit, GroupProject, "the end of the audit log against its head", "problem: they do not fit; `audit verify` reads all of it", false},
	}
}

// Find is the entry of a check.
func Find(id string) (Entry, bool) {
	for _, one := range Catalogue() {
		if one.ID == id {
			return one, true
		}
	}
	return Entry{}, false
}
