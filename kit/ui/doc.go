// Package ui is the look and the words of Milieu: the page around everything, the components a room builds its pages from, the
// catalogue every visible string comes from, times as people say them, and the styles, scripts and icons a browser loads.
//
// A component is a templ function with one small struct of parameters, so that a room's page stays short; it renders alone, with a
// stable id, because the server also sends single rows to screens that are already open. A component carries no inline style and no
// inline script: the content security policy forbids both.
//
// Strings come from T and the catalogue; each room registers its own with Register and checks them with CheckCatalogue. The house's
// language, time zone and the moment a page is drawn travel in the context: see Env.
//
// # What pages and the script agree on
//
// The script asks with the header Milieu-Fragment and takes HTML fragments back. Each finds its own place: an element whose id is on the page
// replaces it; a row with data-in="dues" goes into the list data-list="dues-STATE" or data-list="dues" by its data-order; data-remove takes
// the element with that id away; data-toast is said back; what is left fills the part that asked, which is the data-swap of the form or link.
// Events of /live carry the same fragments; the event "stale" asks for the lists afresh, "now" tells the server's time in milliseconds. An answer
// with the header Milieu-Location leads there instead. A fault with fields is JSON {"text", "fields": [{"name", "text"}]}, shown at the fields.
//
// A form with data-entry gets id, written and happened on the device; Milieu-Sent is the device's clock at sending. Fields whose names begin
// with an underscore steer the page alone and are never sent. Nothing else in a page depends on the script but live rows: links are
// links and forms are forms.
package ui
