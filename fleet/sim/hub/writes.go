package hub

import (
	"errors"
	"net/http"

	"andon/fleet/sim/world"
)

// rerun starts the next attempt of a run with its failed jobs.
func (s *Server) rerun(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	s.spend(w.Header(), 1)
	x, ok := s.runNamed(w, r)
	if !ok {
		return
	}
	if err := s.back.World.RerunFailed(x); err != nil {
		refuse(w, http.StatusForbidden, err.Error())
		return
	}
	s.reruns.Add(1)
	answer(w, http.StatusCreated, "application/json; charset=utf-8", []byte("{}"))
}

// cancel ends a run. GitHub says 202 and does it later; here later is now.
func (s *Server) cancel(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	s.spend(w.Header(), 1)
	x, ok := s.runNamed(w, r)
	if !ok {
		return
	}
	err := s.back.World.Cancel(x, 0)
	if errors.Is(err, world.ErrCompleted) {
		refuse(w, http.StatusConflict, err.Error())
		return
	}
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	answer(w, http.StatusAccepted, "application/json; charset=utf-8", []byte("{}"))
}
