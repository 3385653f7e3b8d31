package access

import "milieu/kit/record"

// KindOf is what sort of chart it is: "client", "staff", "place", "house"; empty for none.
func (d *Directory) KindOf(chart record.ID) string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if c := d.charts[chart]; c != nil {
		return c.Kind
	}
	return ""
}
