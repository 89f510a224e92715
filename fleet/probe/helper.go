package probe

// HelperPath is where tier 1 installs andon-host, root-owned.
const HelperPath = "/usr/local/libexec/andon-host"

// ServeLine starts an installed andon-host. It is run as root; the request goes
// to its standard input.
const ServeLine = HelperPath + " serve"
