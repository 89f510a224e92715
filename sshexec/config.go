package sshexec

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// honoured are the keywords of ssh -G that HostConfig carries; harmless those that
// change nothing for a connection without terminal, forwarding or new host keys.
var (
	honoured = strings.Fields(`host user hostname port identityfile certificatefile identitiesonly identityagent
		proxyjump proxycommand userknownhostsfile globalknownhostsfile hostkeyalias hostkeyalgorithms kexalgorithms
		ciphers macs connecttimeout serveraliveinterval serveralivecountmax addressfamily bindaddress`)
	harmless = strings.Fields(`addkeystoagent batchmode canonicaldomains canonicalizefallbacklocal canonicalizehostname
		canonicalizemaxdots canonicalizepermittedcnames checkhostip clearallforwardings compression connectionattempts
		controlmaster controlpath controlpersist dynamicforward enableescapecommandline escapechar exitonforwardfailure
		fingerprinthash forkafterauthentication forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports
		hashknownhosts ignoreunknown ipqos kbdinteractiveauthentication localcommand localforward loglevel logverbose
		nohostauthenticationforlocalhost numberofpasswordprompts obscurekeystroketiming passwordauthentication
		permitlocalcommand permitremoteopen preferredauthentications rekeylimit remotecommand remoteforward requesttty
		sendenv sessiontype stdinnull streamlocalbindmask streamlocalbindunlink syslogfacility tag tcpkeepalive
		tunnel tunneldevice updatehostkeys verifyhostkeydns versionaddendum visualhostkey xauthlocation
		gssapiauthentication gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey
		gssapitrustdns gssapiclientidentity gssapiserveridentity hostbasedauthentication hostbasedacceptedalgorithms
		enablesshkeysign warnweakcrypto refuseconnection channeltimeout`)
)

// readConfig turns the dump of an alias into a HostConfig; base is the dump of the
// same alias under an empty configuration.
func readConfig(alias string, set, base map[string][]string) (HostConfig, error) {
	first := func(key string) string {
		if v := set[key]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	changed := func(key string) bool { return !slices.Equal(set[key], base[key]) }
	cfg := HostConfig{
		Alias: alias, HostName: first("hostname"), User: first("user"),
		IdentitiesOnly: first("identitiesonly") == "yes", BindAddress: first("bindaddress"),
		ProxyJump: notNone(first("proxyjump")), ProxyCommand: notNone(first("proxycommand")),
		ConnectTimeout: seconds(first("connecttimeout")), KeepaliveInterval: seconds(first("serveraliveinterval")),
	}
	if cfg.HostName == "" {
		return cfg, fmt.Errorf("no hostname in its answer")
	}
	var err error
	if cfg.Port, err = strconv.Atoi(first("port")); err != nil {
		return cfg, fmt.Errorf("port: %w", err)
	}
	if cfg.KeepaliveInterval > 0 {
		cfg.KeepaliveCount, _ = strconv.Atoi(first("serveralivecountmax"))
	}
	if f := first("addressfamily"); f != "any" {
		cfg.AddressFamily = f
	}
	have := ssh.SupportedAlgorithms()
	for _, a := range []struct {
		key  string
		into *[]string
		have []string
	}{
		{"hostkeyalgorithms", &cfg.HostKeyAlgorithms, have.HostKeys},
		{"kexalgorithms", &cfg.KeyExchanges, have.KeyExchanges},
		{"ciphers", &cfg.Ciphers, have.Ciphers},
		{"macs", &cfg.MACs, have.MACs},
	} {
		if !changed(a.key) {
			continue
		}
		*a.into = both(strings.Split(first(a.key), ","), a.have)
		if len(*a.into) == 0 {
			return cfg, fmt.Errorf("%s %s: none of them is available; available: %s", a.key, first(a.key), strings.Join(a.have, ","))
		}
	}
	expandConfig(&cfg, set, changed)
	cfg.Unsupported = unsupported(set, changed)
	return cfg, nil
}

// expandConfig fills the fields that hold paths and names with tokens.
func expandConfig(cfg *HostConfig, set map[string][]string, changed func(string) bool) {
	t := newTokens(*cfg)
	if alias := set["hostkeyalias"]; len(alias) > 0 && alias[0] != "" {
		cfg.HostKeyAlias = t.expand(alias[0])
		t['k'] = cfg.HostKeyAlias
	}
	cfg.IdentityFiles = t.paths(set["identityfile"])
	cfg.CertificateFiles = t.paths(set["certificatefile"])
	for _, key := range []string{"userknownhostsfile", "globalknownhostsfile"} {
		for _, line := range set[key] {
			cfg.KnownHostsFiles = append(cfg.KnownHostsFiles, t.paths(strings.Fields(line))...)
		}
	}
	cfg.IdentityAgent = os.Getenv("SSH_AUTH_SOCK")
	if agent := set["identityagent"]; changed("identityagent") && len(agent) > 0 {
		switch {
		case agent[0] == "none":
			cfg.IdentityAgent = ""
		case agent[0] != "SSH_AUTH_SOCK":
			cfg.IdentityAgent = strings.Join(t.paths(agent[:1]), "")
		}
	}
	cfg.ProxyCommand = t.expand(cfg.ProxyCommand)
}

func unsupported(set map[string][]string, changed func(string) bool) []string {
	var list []string
	for key, values := range set {
		if slices.Contains(honoured, key) || slices.Contains(harmless, key) || !changed(key) {
			continue
		}
		if key == "stricthostkeychecking" && (values[0] == "true" || values[0] == "ask" || values[0] == "yes") {
			continue // this package is always strict
		}
		list = append(list, key+" "+clean(strings.Join(values, " "), 200))
	}
	slices.Sort(list)
	return list
}

func notNone(s string) string {
	if strings.EqualFold(s, "none") {
		return ""
	}
	return s
}

func seconds(s string) time.Duration {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0 // "none"
	}
	return time.Duration(n) * time.Second
}

// both keeps what of want is in have, in the order of want.
func both(want, have []string) []string {
	var list []string
	for _, a := range want {
		if slices.Contains(have, a) {
			list = append(list, a)
		}
	}
	return list
}
