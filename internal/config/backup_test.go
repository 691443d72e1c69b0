package config

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func at(line, column int) resource.Position {
	return resource.Position{File: "descope.yaml", Line: line, Column: column}
}

func TestBackup(t *testing.T) {
	cases := []struct {
		name, text string
		vars       variables
		want       Backup
	}{
		{"nothing", "", nil, Backup{RetentionDays: 30}},
		{"empty", "backup: {}\n", nil, Backup{RetentionDays: 30}},
		{"an absolute folder", "backup: { dir: /mnt/backups/../b }\n", nil, Backup{Dir: "/mnt/b", RetentionDays: 30, Source: BackupSource{Dir: at(2, 16)}}},
		{"a folder at home", "backup: { dir: ~/b }\n", nil, Backup{Dir: "~/b", RetentionDays: 30, Source: BackupSource{Dir: at(2, 16)}}},
		{"a folder beside the file", "backup: { dir: ../b }\n", nil, Backup{Dir: "/b", RetentionDays: 30, Source: BackupSource{Dir: at(2, 16)}}},
		{"a variable", "backup: { dir: \"${TEAM:-x}/b\" }\n", variables{"TEAM": "/mnt"}, Backup{Dir: "/mnt/b", RetentionDays: 30, Source: BackupSource{Dir: at(2, 16)}}},
		{"in two documents", "backup: { retention_days: 7 }\n---\nbackup: { after_required: true }\n", nil, Backup{
			RetentionDays: 7, AfterRequired: true, Source: BackupSource{RetentionDays: at(2, 27), AfterRequired: at(4, 27)},
		}},
		{"the default, given", "backup: { retention_days: 30, after_required: false }\n", nil, Backup{
			RetentionDays: 30, Source: BackupSource{RetentionDays: at(2, 27), AfterRequired: at(2, 47)},
		}},
		{"no commands", "backup: { after: [] }\n", nil, Backup{RetentionDays: 30, After: [][]string{}, Source: BackupSource{After: at(2, 18)}}},
		{"commands", "backup: { after: [&a [cp, \"{file}\", \"${TO}/x y\"], [\"./sync\", \"--from={dir}\"], *a] }\n", variables{"TO": "/mnt"}, Backup{
			RetentionDays: 30, After: [][]string{{"cp", "{file}", "/mnt/x y"}, {"./sync", "--from={dir}"}, {"cp", "{file}", "/mnt/x y"}},
			Source: BackupSource{After: at(2, 18)},
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := loadTrusted("version: \"1.0\"\n"+c.text, c.vars)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, cfg.settings.Backup); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// backupCases are configurations that may name no commands.
func backupCases() []diagnosticCase {
	return []diagnosticCase{
		{"commands", "version: \"1.0\"\nbackup: { after: [[cp, \"{file}\", /x]] }\n", nil, []string{
			`descope.yaml:2:18: error CFG042: backup.after names commands to run, and this file is not trusted to`,
		}},
		{"no commands", "version: \"1.0\"\nbackup: { after: [] }\n", nil, []string{
			`descope.yaml:2:18: error CFG042: backup.after names commands to run, and this file is not trusted to`,
		}},
		{"commands of the wrong type", "version: \"1.0\"\nbackup: { after: ./run }\n", nil, []string{
			`descope.yaml:2:18: error CFG042: backup.after names commands to run, and this file is not trusted to`,
		}},
		{"values", "version: \"1.0\"\nbackup: { dir: \"\", retention_days: 0, after_required: 1, folder: x }\n", nil, []string{
			`descope.yaml:2:16: error CFG014: backup.dir is empty`,
			`descope.yaml:2:36: error CFG014: retention_days must be a whole number from 1 to 36500, not "0"`,
			`descope.yaml:2:55: error CFG012: after_required must be true or false, not a number`,
			`descope.yaml:2:58: error CFG010: unknown key "folder" in backup`,
		}},
		{"days that are no whole number", "version: \"1.0\"\nbackup: { retention_days: 1.5 }\n", nil, []string{
			`descope.yaml:2:27: error CFG014: retention_days must be a whole number from 1 to 36500, not "1.5"`,
		}},
		{"the home of somebody else", "version: \"1.0\"\nbackup: { dir: ~anna/b }\n", nil, []string{
			`descope.yaml:2:16: error CFG014: backup.dir cannot be "~anna/b": only ~/ stands for a home folder`,
		}},
		{"given twice", "version: \"1.0\"\nbackup: { dir: /a }\n---\nbackup: { dir: /a }\n---\nbackup: /a\n", nil, []string{
			`descope.yaml:4:11: error CFG016: backup.dir is already set at descope.yaml:2:11`,
			`descope.yaml:6:9: error CFG012: backup must be a mapping, not text`,
		}},
		{"a key in the folder", "version: \"1.0\"\nbackup: { dir: \"/x/" + canary + "\" }\n", variables{managementKeyVariable: canary}, []string{
			`descope.yaml:2:16: error CFG032: a value contains the value of a management key`,
		}},
		{"a credential in the folder", "version: \"1.0\"\nbackup: { dir: \"/x/${DESCOPE_MANAGEMENT_KEY}\" }\n", variables{managementKeyVariable: canary}, []string{
			`descope.yaml:2:16: error CFG032: the variable DESCOPE_MANAGEMENT_KEY serves as a credential and may be used for a management_key or read_key only`,
		}},
	}
}

func TestDiagnosticsOfBackups(t *testing.T) { runDiagnosticCases(t, backupCases()) }

func TestDiagnosticsOfCommands(t *testing.T) {
	cases := []struct {
		name, after string
		env         variables
		want        []string
	}{
		{"text", "run", nil, []string{`descope.yaml:2:18: error CFG012: backup.after must be a list of commands, not text`}},
		{"one command", "[run]", nil, []string{`descope.yaml:2:19: error CFG012: an item of backup.after must be a list of a program and its arguments, not text`}},
		{"an empty command", "[[]]", nil, []string{`descope.yaml:2:19: error CFG014: a command of backup.after is empty`}},
		{"null", "[~, [~]]", nil, []string{
			`descope.yaml:2:19: error CFG013: an item of backup.after is null`,
			`descope.yaml:2:23: error CFG013: an item of a command of backup.after is null`,
		}},
		{"items", "[[cp, 1, \"\", \"${NO:-}\"]]", nil, []string{
			`descope.yaml:2:24: error CFG012: an item of a command of backup.after must be text, not a number`,
			`descope.yaml:2:27: error CFG014: an item of a command of backup.after is empty`,
			`descope.yaml:2:31: error CFG014: an item of a command of backup.after is empty`,
		}},
		{"a placeholder as program", "[[\"{dir}/run\", x], [\"{file}\"]]", nil, []string{
			`descope.yaml:2:20: error CFG014: the program of a command of backup.after cannot come from a placeholder`,
			`descope.yaml:2:38: error CFG014: the program of a command of backup.after cannot come from a placeholder`,
		}},
		{"a credential", "[[curl, \"${DESCOPE_MANAGEMENT_KEY}\", \"${MY_TOKEN:-}x\"]]", variables{managementKeyVariable: canary}, []string{
			`descope.yaml:2:26: error CFG032: the variable DESCOPE_MANAGEMENT_KEY serves as a credential and may be used for a management_key or read_key only`,
			`descope.yaml:2:55: error CFG032: the name of the variable MY_TOKEN says that it holds a secret`,
		}},
		{"a key", "[[curl, \"x" + canary + "\"]]", variables{managementKeyVariable: canary}, []string{
			`descope.yaml:2:26: error CFG032: a value contains the value of a management key`,
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := loadTrusted("version: \"1.0\"\nbackup: { after: "+c.after+" }\n", c.env)
			wantLines(t, diagnosticsOf(t, cfg, err), c.want)
		})
	}
}

// TestBackupFolderIsThatOfTheFile: what a file says does not depend on where the
// command runs.
func TestBackupFolderIsThatOfTheFile(t *testing.T) {
	work := t.TempDir()
	if err := os.MkdirAll(filepath.Join(work, "conf"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "conf", "a.yaml"), []byte("version: \"1.0\"\nbackup: { dir: b }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(context.Background(), Options{WorkDir: work, Paths: []string{"conf"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := cfg.settings.Backup.Dir, filepath.Join(work, "conf", "b"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBackupIsACopy(t *testing.T) {
	cfg, err := loadTrusted("version: \"1.0\"\nbackup: { after: [[a, b]] }\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	MergeSettings(cfg, nil, "").Backup.After[0][0] = "changed"
	if got := MergeSettings(cfg, nil, "").Backup.After[0][0]; got != "a" {
		t.Errorf("a reader changed the configuration: %s", got)
	}
}
