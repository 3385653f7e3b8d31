package load

import (
	"context"
	"fmt"
)

// Outbox is delivered by package device's own protocol; see its tests and the browser's night for what a real device does.
func Outbox(context.Context, *Target, Options) (Result, error) {
	return Result{}, fmt.Errorf("no device has taken a shift")
}
