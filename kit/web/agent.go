package web

import "strings"

// AgentOf says in words what browser on what system sent a User-Agent, so that people recognise their own sessions: "Chrome on Android".
// Anybody can send anything: it is for people to read, and nothing is decided by it.
func AgentOf(header string) string {
	browser := firstIn(header, [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"}, {"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}})
	system := firstIn(header, [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"}})
	return strings.Trim(browser+" · "+system, " ·")
}

func firstIn(text string, known [][2]string) string {
	for _, k := range known {
		if strings.Contains(text, k[0]) {
			return k[1]
		}
	}
	return ""
}
