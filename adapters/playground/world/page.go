package world

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed page
var pageFiles embed.FS

// routePage serves the page and what belongs to it, and nothing else.
func (w *World) routePage(mux *http.ServeMux) {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	serve := http.FileServerFS(files)
	fresh := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Cache-Control", "no-cache")
		serve.ServeHTTP(rw, r)
	})
	mux.Handle("GET /{$}", fresh)
	mux.Handle("GET /{file}", fresh)
}
