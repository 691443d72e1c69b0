package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/git"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flowReader reads documents from any source. It opens a session once one of
// them needs it, so that files are read without project and key.
type flowReader struct {
	app     *App
	online  *session // nil until something live was read
	offline *session // nil until the project's records were read
}

func (r *flowReader) read(ctx context.Context, source flowSource) (flow.Document, error) {
	switch source.kind {
	case sourceFile:
		return r.app.readFlowFile(source.place)
	case sourceGit:
		return r.app.readFlowFromGit(ctx, source)
	case sourceHistory:
		return r.version(ctx, source)
	case sourceBackup:
		return r.saved(ctx, source)
	default:
		return r.live(ctx, source)
	}
}

// headline says which project was asked; "" where none was.
func (r *flowReader) headline() string {
	switch {
	case r.online != nil:
		return r.online.headline()
	case r.offline != nil:
		return r.offline.headline()
	default:
		return ""
	}
}

func (a *App) readFlowFromGit(ctx context.Context, source flowSource) (flow.Document, error) {
	text, err := git.Program{Env: a.gitEnvironment()}.Show(ctx, a.WorkDir, source.place, source.part)
	if problem, ok := errors.AsType[*git.ShowError](err); ok {
		return flow.Document{}, &failure{
			status: StatusUsage, code: "git", cause: err, message: problem.Error(),
			hint: cmp.Or(problem.Hint, "is "+filepath.Clean(a.WorkDir)+" inside the repository?"),
		}
	}
	if err != nil {
		return flow.Document{}, err
	}
	document, err := flow.Parse(text)
	return document, badFlow(source.given, err)
}

// live exports a flow.
func (r *flowReader) live(ctx context.Context, source flowSource) (flow.Document, error) {
	session, err := r.connected(ctx)
	if err != nil {
		return flow.Document{}, err
	}
	live, err := session.reader.Flow(ctx, source.place)
	if err != nil {
		err = session.explainMissing(err, resource.KindFlow, source.place)
		if missing, ok := errors.AsType[*failure](err); ok && source.given == source.place {
			missing.message += ", and there is no file of that name"
		}
		return flow.Document{}, err
	}
	return flow.FromValue(session.concealFlow(live).Document)
}

func (r *flowReader) connected(ctx context.Context) (*session, error) {
	if r.online == nil {
		session, err := r.app.open(ctx, need{})
		if err != nil {
			return nil, err
		}
		r.online = session
	}
	return r.online, nil
}

// recorded is a session with the project's records, and without a connection
// where there is none yet.
func (r *flowReader) recorded(ctx context.Context) (*session, error) {
	if r.online != nil {
		return r.online, r.online.stateErr
	}
	if r.offline == nil {
		session, err := r.app.open(ctx, need{offline: true})
		if err != nil {
			return nil, err
		}
		r.offline = session
	}
	return r.offline, nil
}

// version reads from the project's history.
func (r *flowReader) version(ctx context.Context, source flowSource) (flow.Document, error) {
	session, err := r.recorded(ctx)
	if err != nil {
		return flow.Document{}, err
	}
	document, err := history.Open(session.state).Document(source.place, source.n)
	if err != nil {
		return flow.Document{}, err
	}
	return flow.FromValue(document)
}

// saved reads from a backup.
func (r *flowReader) saved(ctx context.Context, source flowSource) (flow.Document, error) {
	document, err := r.backup(ctx, source.place)
	if err != nil {
		return flow.Document{}, err
	}
	for _, entry := range document.Flows {
		if entry.ID != source.part || entry.Raw == nil {
			continue
		}
		value, err := resource.ParseValue(entry.Raw)
		if err != nil {
			return flow.Document{}, fmt.Errorf("%s: %w", source.given, err)
		}
		parsed, err := flow.FromValue(value)
		return parsed, badFlow(source.given, err)
	}
	return flow.Document{}, &failure{
		status: StatusError, code: "not_found", message: fmt.Sprintf("backup %s holds no document of flow %q", source.place, source.part),
		hint: "descope-mgmt backup show " + source.place + " shows what it holds",
	}
}

// backup reads a backup by its name or path; the latest is that of the project.
func (r *flowReader) backup(ctx context.Context, given string) (backup.Backup, error) {
	if given == "latest" {
		session, err := r.recorded(ctx)
		if err != nil {
			return backup.Backup{}, err
		}
		_, document, err := session.readBackup(ctx, given)
		return document, err
	}
	_, records, files, err := r.app.openBackups(ctx)
	if err != nil {
		return backup.Backup{}, err
	}
	found, err := r.app.findBackup(ctx, records, files, given)
	if err != nil {
		return backup.Backup{}, err
	}
	return backup.Read(ctx, found.files, found.name)
}
