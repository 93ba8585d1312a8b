module github.com/francoispqt/gojay

go 1.26.0
