package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// demoConfig is the configuration that the demo starts with.
const demoConfig = `version: "1.0"
environments:
  demo: { project_id: "${DESCOPE_PROJECT_ID}", management_key: "${DESCOPE_MANAGEMENT_KEY}" }
tenants:
  - id: "acme-corp"
    name: "Acme Corporation"
    self_provisioning_domains: ["acme.com", "acme.net"]
    custom_attributes: { plan: "enterprise", seats: 250 }
  - id: "acme-labs"
    name: "Acme Labs"
    parent: "acme-corp"
  - id: "widget-co"
    name: "Widget Company"
    enforce_sso: false
`

// demoMistake is the same with mistakes that nobody has noticed in time: a domain
// is missing, one tenant goes, and one comes with a typing error.
const demoMistake = `version: "1.0"
environments:
  demo: { project_id: "${DESCOPE_PROJECT_ID}", management_key: "${DESCOPE_MANAGEMENT_KEY}" }
tenants:
  - id: "acme-corp"
    name: "Acme Corporation"
    self_provisioning_domains: ["acme.com"]
  - { id: "acme-labs", state: absent }
  - { id: "widegt-co", name: "Widegt Company" }
`

// demoStep is one step as the demo's document lists it.
type demoStep struct {
	Command    string `json:"command"`
	ExitStatus int    `json:"exit_status"`
}

// demo is a run of the story on an emulator of its own.
type demo struct {
	app    *App
	folder string
	url    string
	id     string
	key    string
	steps  []demoStep
}

func newDemoCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "demo",
		Short: "Tell the whole story on a local emulator; no account needed",
		Long: "Starts an emulator on a free port, writes an example configuration to a temporary folder, and runs\n" +
			"validate, plan, apply, what follows an edit in the console, and an apply that was a mistake and is undone.\n" +
			"Each step prints the command that you would type. Everything is removed at the end.",
		Example: "  descope-mgmt demo",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runDemo(cmd.Context()) },
	}, StatusError)
}

func (a *App) runDemo(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "descope-mgmt-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	listener, err := emulator.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	server, err := emulator.New(emulator.Options{Now: a.Now})
	if err != nil {
		_ = listener.Close()
		return err
	}
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- server.Serve(serving, listener) }()
	defer func() {
		stop()
		err = errors.Join(err, <-served)
	}()
	project := server.Projects()[0]
	a.redact.add(resource.NewSecret(project.ManagementKey))
	story := &demo{app: a, folder: folder, url: emulator.URL(listener), id: project.ID, key: project.ManagementKey}
	if err := story.tell(ctx); err != nil {
		return err
	}
	return a.show(map[string]any{"steps": story.steps}, func(io.Writer) {})
}

// scene is one step of the story: something that happens elsewhere first, and
// then a command with the status that it ends with. Either may be missing.
type scene struct {
	about  string
	happen func(context.Context) error
	args   string
	want   Status
}

func (d *demo) scenes() []scene {
	const plan = "plan -e demo --detailed-exitcode"
	return []scene{
		{about: "1. Check it, offline.", args: "validate"},
		{about: "2. What would happen? Three tenants are missing; the exit status 2 says that there are changes.", args: plan, want: StatusChanges},
		{about: "3. Make it so. One list call, three creates, one list call to verify.", args: "apply -e demo --yes"},
		{about: "4. Again: nothing to do.", args: plan},
		{about: "5. Somebody edits a tenant in the console: another name, and one more attribute.", happen: d.editInConsole},
		{about: "6. The plan shows the name; the attribute that the configuration does not name is left alone.", args: plan, want: StatusChanges},
		{about: "7. Put it back, and only that.", args: "apply -e demo --yes"},
		{about: "8. The attribute from the console is still there.", args: "tenant get acme-corp -e demo"},
		{
			about:  "9. A change that nobody read to its end: a domain is missing, a tenant goes, and one comes with a typing error.",
			happen: d.configure(demoMistake), args: "apply -e demo --yes --allow-deletes 1",
		},
		{
			about: "10. Take that run back, and nothing else. What it created goes; what it changed and deleted is put back " +
				"from its journal and from the backup that it took before its first write.",
			args: "undo -e demo --yes --allow-deletes 1",
		},
		{about: "11. With the configuration from before there is nothing to do: all is as it was.", happen: d.configure(demoConfig), args: plan},
		{about: "12. Who did what stands in a log in which every later change shows.", args: "audit verify -e demo"},
	}
}

// tell runs the steps in order and stops at the first that ends otherwise than it should.
func (d *demo) tell(ctx context.Context) error {
	d.say("An emulated Descope project is running at " + d.url + " (no account, nothing leaves this machine).")
	d.say("The configuration, descope.yaml:\n\n" + indent(demoConfig))
	if err := d.configure(demoConfig)(ctx); err != nil {
		return err
	}
	for _, step := range d.scenes() {
		d.say(step.about)
		if step.happen != nil {
			if err := step.happen(ctx); err != nil {
				return err
			}
		}
		if step.args == "" {
			continue
		}
		if err := d.run(ctx, step.args, step.want); err != nil {
			return err
		}
	}
	d.say("That is the whole loop. The emulator and the temporary folder are removed now.\n" +
		"Next: README.md, or descope-mgmt emulator and a descope.yaml of your own.")
	return nil
}

// configure replaces the configuration of the story.
func (d *demo) configure(text string) func(context.Context) error {
	return func(context.Context) error {
		if err := os.WriteFile(filepath.Join(d.folder, "descope.yaml"), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the example configuration: %w", err)
		}
		return nil
	}
}

// run runs one command of the story as a child of this one, in the demo's
// folder and with the demo's credentials only.
func (d *demo) run(ctx context.Context, line string, want Status) error {
	d.print("$ descope-mgmt " + line + "\n")
	child := &App{
		In: strings.NewReader(""), Out: d.out(), Err: d.app.Err, WorkDir: d.folder, Home: d.folder,
		Now: d.app.Now, Random: d.app.Random, Terminal: Terminal{OutColor: d.app.Terminal.OutColor, ErrColor: d.app.Terminal.ErrColor, OutWidth: d.app.Terminal.OutWidth, ErrWidth: d.app.Terminal.ErrWidth, Unicode: d.app.Terminal.Unicode},
		Environ: []string{
			"DESCOPE_PROJECT_ID=" + d.id, "DESCOPE_MANAGEMENT_KEY=" + d.key, "DESCOPE_BASE_URL=" + d.url,
		},
	}
	status := child.Run(ctx, strings.Fields(line))
	d.steps = append(d.steps, demoStep{Command: "descope-mgmt " + line, ExitStatus: int(status)})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if status != want {
		return fmt.Errorf("the demo's step %q ended with status %d instead of %d", line, status, want)
	}
	d.print(fmt.Sprintf("(exit status %d)\n\n", status))
	return nil
}

// editInConsole changes a tenant behind the tool's back.
func (d *demo) editInConsole(ctx context.Context) error {
	client, err := descope.Connect(descope.Options{
		ProjectID: d.id, ManagementKey: resource.NewSecret(d.key), BaseURL: d.url, Version: "console", Now: d.app.Now,
	})
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Writer().UpdateTenant(ctx, "acme-corp", resource.TenantEdit{
		Set:           map[string]resource.Value{"name": resource.StringValue("ACME (edited in the console)")},
		SetAttributes: map[string]resource.Value{"account_manager": resource.StringValue("Kim")},
	})
}

// out is where the story goes: nowhere in machine formats, which get one document.
func (d *demo) out() io.Writer {
	if d.app.flags.format != formatTable || d.app.flags.output != "" {
		return io.Discard
	}
	return d.app.Out
}

func (d *demo) say(text string) {
	shown := page{look: d.app.outStyle()}
	writeAbout(&shown, text)
	d.print(shown.String() + "\n")
}

func (d *demo) print(text string) { _, _ = io.WriteString(d.out(), text) }

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}
