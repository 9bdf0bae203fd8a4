# The program is linked with OpenBLAS, and not with the slow reference BLAS beside it.
failed=0
if [ ! -x "$KAIMEN" ]; then
    echo "skip matrix_products_come_from_openblas: no program was built"
    exit 0
fi
# ScaLAPACK asks for libblas.so.3 and liblapack.so.3 by name: Debian lets OpenBLAS be these.
reference=$(ldd "$KAIMEN" | awk '/lib(blas|lapack)\.so/ { print $3 }' | xargs -r readlink -f | grep -v openblas)
if [ -n "$reference" ]; then
    echo "FAIL no_reference_blas_is_loaded: $reference (update-alternatives --config libblas.so.3-x86_64-linux-gnu)"
    failed=1
else
    echo "ok no_reference_blas_is_loaded"
fi
# Bind every symbol at the start, and ask the loader where it found the matrix product.
found=$(LD_BIND_NOW=1 LD_DEBUG=bindings "$KAIMEN" help 2>&1 | grep -E "symbol .(cblas_)?[dz]gemm_?'" | grep "file $KAIMEN")
if [ -n "$found" ] && ! grep -v 'to [^ ]*libopenblas' <<<"$found"; then
    echo "ok matrix_products_come_from_openblas"
else
    echo "FAIL matrix_products_come_from_openblas: ${found:-no matrix product is bound}"
    failed=1
fi
exit $failed
