package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// promoteTenant gives the target's overlay the values that the source's code has for
// a tenant and the target's has not. What only the target names stays as it is.
func (p *promoter) promoteTenant(pair promotionPair) ([]string, error) {
	var changes []string
	from, to := p.entryIn(p.options.from, pair.from.Address()), p.entryIn(p.options.to, pair.address)
	if pair.to == nil && !from.place.Base.IsZero() {
		to.place = p.config.Place(p.options.to, resource.NewAddress(resource.KindTenant, from.place.BaseID))
		words, err := p.belongsTo(from.place.Base, p.options.to)
		if err != nil {
			return nil, err
		}
		if words != "" {
			changes = append(changes, words)
		}
	}
	var values []laidValue
	for _, field := range pair.from.Fields {
		value, words, err := p.tenantValue(pair, from, to, field)
		if err != nil {
			return nil, err
		}
		if words != "" {
			values, changes = append(values, value), append(changes, words)
		}
	}
	if len(values) == 0 {
		return changes, nil
	}
	return changes, p.lay(pair, to.place, values)
}

// tenantValue is one value that the target has to take over; no words where it has
// it already.
func (p *promoter) tenantValue(pair promotionPair, from, to entryIn, field resource.DesiredField) (laidValue, string, error) {
	keys := []string{field.Path.Field}
	if field.Path.Key != "" {
		keys = append(keys, field.Path.Key)
	}
	if pair.to != nil {
		there, known := pair.to.Field(field.Path)
		if known && there.Remove == field.Remove && resource.ShapeOf(field.Path).Equal(there.Value, field.Value) || field.Path.Field == "parent" {
			return laidValue{}, "", nil
		}
	}
	inOverlay, err := from.raw(from.place.Overlay, keys...)
	if err != nil {
		return laidValue{}, "", err
	}
	inBase, err := from.raw(from.place.Base, keys...)
	if err != nil {
		return laidValue{}, "", err
	}
	switch {
	case pair.to == nil && inOverlay.IsAbsent() && !to.place.Base.IsZero(): // the base gives it to both
		return laidValue{}, "", nil
	case field.Remove:
		return laidValue{}, "", refusedError("not_editable", fmt.Sprintf("refused, nothing was written: %s of %s is removed in %s, and lists of what goes are not promoted", field.Path, pair.from.Address(), p.options.from),
			"write remove_attributes by hand, and run the command again")
	case isFromVariable(cmp.Or(inOverlay, inBase)):
		return laidValue{}, "", fromVariable(pair, p.options.from, field.Path.String())
	}
	if field.Path.Field == "self_provisioning_domains" {
		if pairKey, err := to.raw(to.place.Overlay, "domains"); err != nil || !pairKey.IsAbsent() {
			return laidValue{}, "", cmp.Or(err, refusedError("not_editable", fmt.Sprintf("refused, nothing was written: the overlay of %s writes the domains of %s as domains and self_provisioning", p.options.to, pair.address),
				"write self_provisioning_domains instead, and run the command again"))
		}
	}
	return laidValue{keys: keys, value: field.Value}, fmt.Sprintf("%s is %s", strings.Join(keys, "."), field.Value), nil
}
