package emulator

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

const (
	databaseFile  = "emulator.db"
	schemaVersion = 1
	// lockTimeoutMS is how long, in milliseconds, a second emulator waits for the
	// folder before it is refused.
	lockTimeoutMS = 250
	sqliteBusy    = 5 // SQLITE_BUSY
)

// sqliteStore keeps the rows in one SQLite file. The one connection holds the
// file's exclusive lock from open to close, so that two emulators never share
// a folder; the kernel drops the lock when the process dies. WAL with
// synchronous=FULL makes a committed write survive kill -9 and power loss.
type sqliteStore struct{ db *sql.DB }

// openSQLite opens or creates the store in a folder.
func openSQLite(ctx context.Context, dir string) (*sqliteStore, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	path, err := filepath.Abs(filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := makePrivate(path); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	db, err := sql.Open("sqlite", fileURL(path))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // the lock belongs to a connection
	store := &sqliteStore{db: db}
	if err := store.prepare(ctx); err != nil {
		return nil, errors.Join(openError(path, err), db.Close())
	}
	return store, nil
}

// makePrivate creates the file for its owner alone: SQLite would create it for
// all, and gives its side files the mode of the database.
func makePrivate(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(0o600), file.Close())
}

// fileURL escapes the path, in which a question mark would start parameters.
func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

func openError(path string, err error) error {
	var failure *sqlite.Error
	if errors.As(err, &failure) && failure.Code()&0xff == sqliteBusy {
		return fmt.Errorf("data folder %s is in use by another emulator: stop it, or name another folder", filepath.Dir(path))
	}
	return fmt.Errorf("open %s: %w", path, err)
}

func (s *sqliteStore) prepare(ctx context.Context) error {
	for _, pragma := range []string{
		fmt.Sprintf("PRAGMA busy_timeout = %d", lockTimeoutMS),
		"PRAGMA locking_mode = EXCLUSIVE", // before WAL: no shared memory file then
		"PRAGMA journal_mode = WAL",
		"PRAGMA synchronous = FULL",
	} {
		if _, err := s.db.ExecContext(ctx, pragma); err != nil {
			return err
		}
	}
	var version int
	if err := s.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > schemaVersion {
		return fmt.Errorf("written by a newer version of the emulator (schema %d, this one knows %d)", version, schemaVersion)
	}
	_, err := s.db.ExecContext(ctx, fmt.Sprintf(`
		BEGIN EXCLUSIVE;
		CREATE TABLE IF NOT EXISTS objects (
			project TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, value BLOB NOT NULL,
			PRIMARY KEY (project, kind, id)
		) WITHOUT ROWID;
		PRAGMA user_version = %d;
		COMMIT;`, schemaVersion))
	return err
}

func (s *sqliteStore) load(ctx context.Context) (rows []row, err error) {
	found, err := s.db.QueryContext(ctx, "SELECT project, kind, id, value FROM objects ORDER BY project, kind, id")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var r row
		if err := found.Scan(&r.project, &r.kind, &r.id, &r.value); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}

func (s *sqliteStore) apply(ctx context.Context, writes []write) error {
	if len(writes) == 0 {
		return nil
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := applyWrites(ctx, tx, writes); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func applyWrites(ctx context.Context, tx *sql.Tx, writes []write) error {
	put, err := tx.PrepareContext(ctx, `INSERT INTO objects (project, kind, id, value) VALUES (?, ?, ?, ?)
		ON CONFLICT (project, kind, id) DO UPDATE SET value = excluded.value`)
	if err != nil {
		return err
	}
	defer func() { _ = put.Close() }()
	for _, w := range writes {
		switch w.op {
		case opPut:
			_, err = put.ExecContext(ctx, w.project, w.kind, w.id, w.value)
		case opDrop:
			_, err = tx.ExecContext(ctx, "DELETE FROM objects WHERE project = ? AND kind = ? AND id = ?", w.project, w.kind, w.id)
		case opClear:
			_, err = tx.ExecContext(ctx, "DELETE FROM objects WHERE project = ? AND kind <> ?", w.project, storeProject)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteStore) close() error { return s.db.Close() }
