// Package ui is the look and the words of Milieu: the page around everything, the components a room builds its pages from, the
// catalogue every visible string comes from, times as people say them, and the styles, scripts and icons a browser loads.
//
// A component is a templ function with one small struct of parameters, so that a room's page stays short; it renders alone, with a
// stable id, because the server also sends single rows to screens that are already open. A component carries no inline style and no
// inline script: the content security policy forbids both.
//
// Strings come from T and the catalogue; each room registers its own with Register and checks them with CheckCatalogue. The house's
// language, time zone and the moment a page is drawn travel in the context: see Env.
package ui
