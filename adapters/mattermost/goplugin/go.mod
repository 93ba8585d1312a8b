module github.com/hashicorp/go-plugin

go 1.26.0
