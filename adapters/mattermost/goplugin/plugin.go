// Package plugin stands in for github.com/hashicorp/go-plugin, which Mattermost's
// model imports for the one struct below: how a plugin's process is found again
// by the server that runs it. A bot is no plugin and never calls that, and the
// real package brings gRPC with it, 6 MB of the program. go.mod replaces it.
package plugin

import "net"

// Protocol is how a plugin is spoken to.
type Protocol string

// ReattachConfig has the fields that Mattermost's model names.
type ReattachConfig struct {
	Protocol        Protocol
	ProtocolVersion int
	Addr            net.Addr
	Pid             int
	ReattachFunc    func()
	Test            bool
}
