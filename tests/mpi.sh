# How Open MPI is run here and in the quickstart; sourced.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# Several jobs share the cores, so none is tied to one; containers often forbid that and reading
# another process's memory, and have no ssh.
export OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_plm_rsh_agent=

# Cores without their hyperthreads, as mpirun counts them, and not more than we may use.
physical_cores() {
    local all may
    all=$(lscpu -p=CORE,SOCKET 2>/dev/null | grep -v '^#' | sort -u | wc -l)
    may=$(nproc)
    [ "$all" -gt 0 ] && [ "$all" -lt "$may" ] && may=$all
    echo "$may"
}
