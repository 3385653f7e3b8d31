package clients_test

import (
	"os"
	"testing"

	"milieu/house/clients/clientstest"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// The little house of clientstest, by short names.
var (
	cedar      = clientstest.Cedar
	birch      = clientstest.Birch
	worker     = clientstest.Worker
	stranger   = clientstest.Stranger
	supervisor = clientstest.Supervisor
	house      = clientstest.House
	onBoth     = clientstest.OnBoth
	bed        = clientstest.Bed
	scope      = clientstest.Scope
	named      = clientstest.Named
	chart      = clientstest.Chart
	at         = clientstest.At
)
