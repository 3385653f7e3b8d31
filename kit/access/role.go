package access

import "slices"

// Role is what a person acts as.
type Role string

// The roles.
const (
	Worker        Role = "worker" // mental health worker, support worker, technician
	Peer          Role = "peer"
	Nurse         Role = "nurse"
	CaseManager   Role = "case_manager"
	Clinician     Role = "clinician"
	Prescriber    Role = "prescriber"
	Supervisor    Role = "supervisor"
	Coordinator   Role = "coordinator" // programme coordinator, quality lead
	Administrator Role = "administrator"
	Auditor       Role = "auditor"
	Integration   Role = "integration" // a machine
	Screen        Role = "screen"      // a board on a wall, which nobody sits at
	Client        Role = "client"      // the person in care, with their own sign-in
	Relative      Role = "family"      // family, guardian or another person whom the client lets in
)

// Roles lists those who work here, and machines and screens, in the order in which they are offered.
var Roles = []Role{Worker, Peer, Nurse, CaseManager, Clinician, Prescriber, Supervisor, Coordinator, Administrator, Auditor, Integration, Screen}

// Guests are the roles of those who do not work here.
var Guests = []Role{Client, Relative}

// AllRoles is every role there is.
var AllRoles = append(slices.Clone(Roles), Guests...)

// Guest says that the role is of somebody who does not work here: never on a rota, in a team or in a list of staff.
func (r Role) Guest() bool { return r == Client || r == Relative }

// Machine says that the role is nobody's: never on a rota, asked for certificates, or given anything to do.
func (r Role) Machine() bool { return r == Integration || r == Screen }

// roleGroups are the names under which policies speak of several roles at once, as the schema's parents of Role say.
var roleGroups = map[string][]Role{
	"carer":     {Worker, Peer, Nurse, CaseManager, Clinician, Prescriber, Supervisor, Coordinator},
	"licensed":  {Nurse, Clinician, Prescriber},
	"overseer":  {Supervisor, Coordinator},
	"housewide": {Supervisor, Coordinator, Integration},
	"staff":     {Worker, Peer, Nurse, CaseManager, Clinician, Prescriber, Supervisor, Coordinator, Administrator, Auditor},
	"inside":    {Worker, Peer, Nurse, CaseManager, Clinician, Prescriber, Supervisor, Coordinator, Administrator, Auditor, Integration},
	"guest":     {Client, Relative},
	"everyone":  {Worker, Peer, Nurse, CaseManager, Clinician, Prescriber, Supervisor, Coordinator, Administrator, Auditor, Integration, Client, Relative},
}
