package clients

import (
	"context"
	"strings"

	"milieu/kit/ui"
)

// LabelWords is a label in words; a house's own is said as the house wrote it.
func LabelWords(ctx context.Context, label string) string {
	if key := "clients.label." + label; ui.Has(ctx, key) {
		return ui.T(ctx, key)
	}
	return ui.Capital(strings.ReplaceAll(strings.TrimPrefix(label, "house-"), "-", " "))
}
