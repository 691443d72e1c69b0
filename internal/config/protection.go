package config

import "errors"

// protection reports whether a project is protected, and by which
// environment's name. The protection belongs to the project id, however it was
// reached, so the ids of all protected environments are compared as far as
// their variables are set.
func (r *resolver) protection(projectID string) (protected bool, name string) {
	if r.own != nil && r.own.isProtected() {
		return true, r.own.name
	}
	if owner := r.owner(projectID, (*environment).isProtected); owner != nil {
		return true, owner.name
	}
	if r.own != nil || r.owner(projectID, func(*environment) bool { return true }) != nil {
		return false, ""
	}
	for _, env := range r.cfg.environments {
		if env.isProtected() && r.projectOf(env) == "" {
			return true, env.name // its variable is unset, so this may well be it
		}
	}
	return false, ""
}

// unchecked are the protected environments whose project ids cannot be compared.
func (r *resolver) unchecked() []Unchecked {
	var list []Unchecked
	for _, env := range r.cfg.environments {
		if !env.isProtected() {
			continue
		}
		if id, missing := r.projectOrVariable(env); id == "" {
			list = append(list, Unchecked{Environment: env.name, Variable: missing})
		}
	}
	return list
}

// projectOf is an environment's project id; empty where its variables are not set.
func (r *resolver) projectOf(env *environment) string {
	id, _ := r.projectOrVariable(env)
	return id
}

// projectOrVariable is an environment's project id, or the variable that is not
// set and would give it.
func (r *resolver) projectOrVariable(env *environment) (id, missing string) {
	other := &resolver{cfg: r.cfg, sel: Selection{Lookup: r.sel.Lookup}, own: env}
	project, err := other.pick(other.projectCandidate(env))
	if unset, ok := errors.AsType[*MissingCredentialError](err); ok {
		return "", unset.Variable
	}
	if err != nil || project.value == "" {
		return "", projectVariable
	}
	return project.value, ""
}

// owner is the first environment of that sort that has the project id, as far
// as the variables are set; nil for none.
func (r *resolver) owner(projectID string, sort func(*environment) bool) *environment {
	for _, env := range r.cfg.environments {
		if sort(env) && r.projectOf(env) == projectID {
			return env
		}
	}
	return nil
}
