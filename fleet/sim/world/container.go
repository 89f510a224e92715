package world

import "fmt"

// container starts the processes of a job's container: what docker run leaves on
// the host, and a shell inside that waits for the steps.
func (w *World) container(j *Job) {
	h := j.Runner.Host
	work, _ := h.Mkdir(fmt.Sprintf("/home/noah/actions-runner/%s/_work/%s/%s", j.Runner.Name, j.Run.Repo.Name.Name(), j.Run.Repo.Name.Name()), h.rootFor().Owner, w.now)
	id := fmt.Sprintf("%016x%016x%016x%016x", w.rng.Uint64(), w.rng.Uint64(), w.rng.Uint64(), w.rng.Uint64())
	image := "localhost:5000/sovereign-ci:stable"
	h.spawn(Process{PPID: 1, UID: h.UID, Args: []string{"docker", "run", "--rm", "-v", j.dir.Path() + ":/workspace/target", image},
		Exe: "/usr/bin/docker", Cwd: work.Path(), CwdAt: work, Cgroup: "/system.slice/actions.runner", Job: j.ID}, w.now)
	shell := inside(j, work, id, []string{"/bin/bash", "-e", "/__w/_temp/run.sh"})
	shell.UID = 0
	h.spawn(shell, w.now)
}

// compilers starts the build in the job's container.
func (w *World) compilers(j *Job) {
	h := j.Runner.Host
	var shell *Process
	for _, p := range h.Procs {
		if p.Job == j.ID && p.Binds != nil {
			shell = p
		}
	}
	if shell == nil {
		return
	}
	id := shell.Cgroup
	start := func(files []OpenFile, args ...string) {
		p := inside(j, shell.Binds[0].Source, "", args)
		p.UID, p.Cgroup, p.PPID, p.Files = h.rootFor().Owner.UID, id, shell.PID, files
		h.spawn(p, w.now)
	}
	crate := []string{"aprender_core", "aprender_gpu", "aprender_serve"}
	start([]OpenFile{{"/workspace/target/debug/.cargo-lock", j.dir}}, "cargo", "nextest", "run", "--workspace", "--locked")
	for _, c := range crate[:1+w.rng.IntN(len(crate))] {
		start([]OpenFile{{"/workspace/target/debug/deps/" + c + ".d", j.dir}}, "rustc", "--crate-name", c, "--edition=2021", "--emit=dep-info,metadata,link")
	}
}

func inside(j *Job, work *Node, id string, args []string) Process {
	return Process{PPID: 1, Args: args, Exe: "/usr/local/bin/" + args[0], Cwd: "/workspace", CwdAt: work,
		Binds:  []Bind{{Source: work, At: "/workspace"}, {Source: j.dir, At: "/workspace/target"}},
		Cgroup: "/system.slice/docker-" + id + ".scope", Job: j.ID}
}
