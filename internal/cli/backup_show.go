package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
)

func newBackupShowCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "show FILE|latest",
		Short: "Show what a backup holds",
		Long: "Shows who took a backup, when and why, and which objects it holds, once the whole file was checked. FILE is a\n" +
			"path, or the name of a backup in the backup folder; latest is the newest of the project that no restore and no undo\n" +
			"has taken. JSON and YAML hold the document itself.",
		Example: "  descope-mgmt backup show 2026-11-25_14-22-33_pre-tenant-sync.json\n  descope-mgmt backup show ./saved.json --format json",
		Args:    exactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runBackupShow(cmd.Context(), args[0]) },
	}, StatusError, StatusAuth, StatusIntegrity)
}

func (a *App) runBackupShow(ctx context.Context, given string) error {
	find, err := a.backupFinder(ctx, []string{given})
	if err != nil {
		return err
	}
	found, err := find(given)
	if err != nil {
		return err
	}
	text, document, err := readWhole(ctx, found)
	if err != nil {
		return err
	}
	return a.show(rawDocument(text), func(w io.Writer) { writeBackup(w, found.path(), document) })
}

// readWhole reads a file that is then checked from memory: what is checked is
// what is shown. A file of any size was checked as a stream before, so that only
// a backup is taken into memory.
func readWhole(ctx context.Context, found backupFile) ([]byte, backup.Backup, error) {
	checked, err := backup.Verify(ctx, found.files, found.name)
	if err != nil {
		return nil, backup.Backup{}, err
	}
	file, err := found.files.Open(ctx, found.name)
	if err != nil {
		return nil, backup.Backup{}, err
	}
	defer func() { _ = file.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(file, checked.Size))
	if err != nil {
		return nil, backup.Backup{}, err
	}
	document, err := backup.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, backup.Backup{}, fmt.Errorf("%s: %w", found.path(), err)
	}
	return text, document, nil
}

func writeBackup(w io.Writer, path string, document backup.Backup) {
	m := document.Metadata
	fmt.Fprintf(w, "Backup %s\n\n", printableLine(path))
	commit := orDash(m.GitCommit)
	if m.GitDirty != nil && *m.GitDirty {
		commit += " and changes that are not committed"
	}
	sealed := "sha256:" + m.SHA256
	if !m.Sealed() {
		sealed = "none: nobody can tell whether the file was changed"
	}
	for _, row := range []struct{ name, value string }{
		{"taken", m.Timestamp.UTC().Format(time.RFC3339)},
		{"operation", m.Operation},
		{"by", orDash(m.User)},
		{"run", cmp.Or(m.RunID, "-")},
		{"commit", commit},
		{"environment", orDash(m.Environment)},
		{"project", m.ProjectID},
		{"host", cmp.Or(m.Host, "-")},
		{"digest", sealed},
	} {
		fmt.Fprintf(w, "  %-12s %s\n", row.name, printableLine(row.value))
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, tenant := range document.Tenants {
		rows = append(rows, []string{"tenant/" + tenant.ID, tenant.Name, depthText(tenant)})
	}
	for _, flow := range document.Flows {
		rows = append(rows, []string{"flow/" + cmp.Or(flow.ID, flow.Template), flow.Name, ""})
	}
	if len(rows) > 0 {
		writeTable(w, []string{"ADDRESS", "NAME", "ALSO HOLDS"}, rows, 1, 2)
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s, %s.\n", counted(len(document.Tenants), "tenant"), counted(len(document.Flows), "flow"))
}

// depthText says what a backup holds of a tenant beside the tenant object.
func depthText(tenant backup.Tenant) string {
	text := ""
	add := func(there bool, name string) {
		if there {
			if text != "" {
				text += ", "
			}
			text += name
		}
	}
	add(tenant.Settings != nil, "settings")
	add(tenant.SSO != nil, "SSO")
	add(tenant.Roles != nil, "roles")
	add(tenant.PasswordSettings != nil, "password settings")
	add(len(tenant.Omitted) > 0, fmt.Sprintf("without %d secret values", len(tenant.Omitted)))
	return text
}
