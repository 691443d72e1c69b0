package config

import (
	"slices"
	"strings"
)

// publicMailDomains are domains whose addresses anybody can get, sorted. Add
// to them freely; a domain of a single organisation never belongs here.
var publicMailDomains = []string{
	"10minutemail.com", "126.com", "139.com", "163.com", "163.net", "188.com", "21cn.com", "aim.com", "alice.it",
	"aliyun.com", "aol.com", "aol.de", "aol.fr", "arcor.de", "att.net", "bbox.fr", "bellsouth.net", "bigpond.com",
	"bk.ru", "bluewin.ch", "bol.com.br", "btinternet.com", "charter.net", "comcast.net", "cox.net", "daum.net",
	"disroot.org", "duck.com", "earthlink.net", "email.com", "email.cz", "fastmail.com", "fastmail.fm", "foxmail.com",
	"free.fr", "freenet.de", "gmail.com", "googlemail.com", "grr.la", "guerrillamail.com", "hanmail.net", "hey.com",
	"hushmail.com", "icloud.com", "inbox.com", "inbox.lv", "inbox.ru", "interia.pl", "juno.com", "kakao.com",
	"keemail.me", "laposte.net", "libero.it", "list.ru", "live.ca", "live.cn", "live.co.uk", "live.com", "live.com.au",
	"live.com.mx", "live.de", "live.fr", "live.it", "live.nl", "live.se", "mac.com", "mail.bg", "mail.com", "mail.ee",
	"mail.ru", "mail.ua", "mailbox.org", "mailinator.com", "me.com", "msn.com", "nate.com", "naver.com", "net-c.com",
	"netscape.net", "netzero.net", "ntlworld.com", "o2.pl", "onet.pl", "optonline.net", "optusnet.com.au", "orange.fr",
	"outlook.at", "outlook.be", "outlook.cl", "outlook.co.id", "outlook.co.th", "outlook.com", "outlook.com.au",
	"outlook.com.br", "outlook.cz", "outlook.de", "outlook.dk", "outlook.es", "outlook.fr", "outlook.hu", "outlook.ie",
	"outlook.in", "outlook.it", "outlook.jp", "outlook.kr", "outlook.pt", "outlook.sa", "passport.com", "pm.me",
	"poczta.onet.pl", "posteo.de", "posteo.net", "proton.me", "protonmail.ch", "protonmail.com", "qq.com", "rambler.ru",
	"rediffmail.com", "riseup.net", "rocketmail.com", "runbox.com", "sapo.pt", "sbcglobal.net", "seznam.cz", "sfr.fr",
	"sharklasers.com", "shaw.ca", "sina.cn", "sina.com", "sky.com", "sohu.com", "t-online.de", "talktalk.net",
	"telenet.be", "temp-mail.org", "tempmail.com", "terra.com.br", "tim.it", "tin.it", "tiscali.it", "tom.com",
	"trashmail.com", "tuta.com", "tuta.io", "tutamail.com", "tutanota.com", "tutanota.de", "ukr.net", "uol.com.br",
	"verizon.net", "vip.163.com", "vip.qq.com", "virgilio.it", "virginmedia.com", "volny.cz", "walla.co.il",
	"walla.com", "wanadoo.fr", "web.de", "windowslive.com", "wp.pl", "xs4all.nl", "xtra.co.nz", "ya.ru", "yandex.com",
	"yandex.ru", "yeah.net", "ymail.com", "yopmail.com", "zoho.com", "zohomail.com",
}

// publicMailFamilies are first labels that are public mail under every top
// level domain: hotmail.fr, yahoo.co.jp, gmx.net.
var publicMailFamilies = []string{"gmx", "hotmail", "yahoo", "yandex"}

// isPublicMail reports whether anybody can get an address under the domain,
// which is well formed and in lower case.
func isPublicMail(domain string) bool {
	if _, found := slices.BinarySearch(publicMailDomains, domain); found {
		return true
	}
	first, rest, _ := strings.Cut(domain, ".")
	return slices.Contains(publicMailFamilies, first) && isRegistry(rest)
}

// isRegistry reports whether a suffix is one under which names are sold: com,
// fr, co.uk, com.br.
func isRegistry(suffix string) bool {
	second, top, nested := strings.Cut(suffix, ".")
	if !nested {
		return true
	}
	return len(top) == 2 && slices.Contains([]string{"co", "com", "net", "org", "ne"}, second)
}
