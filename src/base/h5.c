#include "kaimen/base/h5.h"

#include "kaimen/base/memory.h"

#include <hdf5.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define MAX_DIM 4
#define REASON_SIZE 256
/* An in-memory file grows by this many bytes at a time: about one small result. */
#define TEXT_BUFFER 4096
#define IMAGE_STEP 65536

struct km_h5 {
    hid_t id;
    bool is_file;
    char *label; /* path of the file, with the group behind it */
};

/* Keep the description of the innermost error. */
static herr_t take_first(unsigned n, const H5E_error2_t *error, void *text)
{
    if (n == 0)
        snprintf(text, REASON_SIZE, "%s", error->desc ? error->desc : "no reason given");
    return 0;
}

/* Raise what the library just said; no other call of it may come in between. */
#define RAISE_H5(h5_label, name, action)                                                       \
    km_status_raise(KM_E_IO, __FILE__, __LINE__, __func__, "%s%s%s: cannot be " action ": %s", \
                    (h5_label), (name)[0] ? ": " : "", (name),                                 \
                    last_reason((char[REASON_SIZE]){0}))

static const char *last_reason(char text[REASON_SIZE])
{
    snprintf(text, REASON_SIZE, "no reason given");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, text);
    return text;
}

/* Take over an identifier; it is closed when there is no memory for its owner. */
static km_status make_h5(hid_t id, bool is_file, const char *label, km_h5 **out)
{
    km_h5 *h5 = NULL;
    km_status status;

    KM_TRY_TO(fail, KM_ALLOC(h5, 1));
    KM_TRY_TO(fail, km_memory_copy_text(label, &h5->label));
    h5->id = id;
    h5->is_file = is_file;
    *out = h5;
    return KM_OK;
fail:
    KM_FREE(h5);
    if (is_file)
        H5Fclose(id);
    else
        H5Gclose(id);
    return status;
}

/*
 * Settings of every file. The oldest format is kept, because a later superblock has a checksum
 * that H5Fget_file_image of HDF5 1.10 leaves wrong in the image.
 */
static hid_t make_access(void)
{
    hid_t access;

    /* At exit HDF5 would write what a full disk refused before, and crash. We close all ourselves. */
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    /* Some network file systems know no locks; that must not stop a run. */
    H5Pset_file_locking(access, true, true);
    return access;
}

km_status km_h5_create(const char *path, km_h5 **file)
{
    hid_t access = make_access(), id;
    km_status status = KM_OK;

    *file = NULL;
    id = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (id < 0) status = RAISE_H5(path, "", "created");
    H5Pclose(access);
    KM_TRY(status);
    return make_h5(id, true, path, file);
}

km_status km_h5_open(const char *path, km_h5 **file)
{
    hid_t access = make_access(), id;
    km_status status = KM_OK;

    *file = NULL;
    id = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (id < 0) status = RAISE_H5(path, "", "opened");
    H5Pclose(access);
    KM_TRY(status);
    return make_h5(id, true, path, file);
}

/* In-memory files need names that differ, else the library takes two of them for one. */
static void name_image(char name[32])
{
    static atomic_long n_image;

    snprintf(name, 32, "image %ld", atomic_fetch_add(&n_image, 1) + 1);
}

km_status km_h5_create_image(km_h5 **file)
{
    hid_t access = make_access(), id;
    km_status status = KM_OK;
    char name[32];

    *file = NULL;
    name_image(name);
    H5Pset_fapl_core(access, IMAGE_STEP, false);
    id = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (id < 0) status = RAISE_H5(name, "", "created");
    H5Pclose(access);
    KM_TRY(status);
    return make_h5(id, true, name, file);
}

km_status km_h5_open_image(const void *image, size_t n_byte, km_h5 **file)
{
    hid_t access = make_access(), id = -1;
    km_status status = KM_OK;
    char name[32];

    *file = NULL;
    name_image(name);
    /* The library copies the bytes; it only forgot to promise not to change them. */
    if (H5Pset_fapl_core(access, IMAGE_STEP, false) >= 0 &&
        H5Pset_file_image(access, (void *)(uintptr_t)image, n_byte) >= 0)
        id = H5Fopen(name, H5F_ACC_RDONLY, access);
    if (id < 0) status = RAISE_H5(name, "", "opened");
    H5Pclose(access);
    KM_TRY(status);
    return make_h5(id, true, name, file);
}

km_status km_h5_copy_image(km_h5 *file, void **image, size_t *n_byte)
{
    ssize_t size;
    char *bytes = NULL;

    *image = NULL;
    *n_byte = 0;
    KM_TRY(km_h5_flush(file));
    size = H5Fget_file_image(file->id, NULL, 0);
    if (size < 0) return RAISE_H5(file->label, "", "measured");
    KM_TRY(KM_ALLOC(bytes, size));
    if (H5Fget_file_image(file->id, bytes, (size_t)size) < 0) {
        km_status status = RAISE_H5(file->label, "", "copied");

        KM_FREE(bytes);
        return status;
    }
    *image = bytes;
    *n_byte = (size_t)size;
    return KM_OK;
}

static km_status make_group(hid_t id, const km_h5 *parent, const char *path, km_h5 **group)
{
    char label[KM_MESSAGE_SIZE];

    snprintf(label, sizeof label, "%s%s%s", parent->label, parent->is_file ? ":/" : "/", path);
    return make_h5(id, false, label, group);
}

/* Properties of a link whose missing parent groups are made. */
static hid_t make_link(void)
{
    hid_t link = H5Pcreate(H5P_LINK_CREATE);

    H5Pset_create_intermediate_group(link, 1);
    return link;
}

km_status km_h5_create_group(km_h5 *parent, const char *path, km_h5 **group)
{
    km_status status = KM_OK;
    hid_t link, id;

    *group = NULL;
    if (km_h5_has(parent, path)) return km_h5_open_group(parent, path, group);
    link = make_link();
    id = H5Gcreate2(parent->id, path, link, H5P_DEFAULT, H5P_DEFAULT);
    if (id < 0) status = RAISE_H5(parent->label, path, "created");
    H5Pclose(link);
    KM_TRY(status);
    return make_group(id, parent, path, group);
}

km_status km_h5_open_group(km_h5 *parent, const char *path, km_h5 **group)
{
    hid_t id;

    *group = NULL;
    id = H5Gopen2(parent->id, path, H5P_DEFAULT);
    if (id < 0) return RAISE_H5(parent->label, path, "opened as a group");
    return make_group(id, parent, path, group);
}

void km_h5_close(km_h5 **h5)
{
    if (!*h5) return;
    if ((*h5)->is_file)
        H5Fclose((*h5)->id);
    else
        H5Gclose((*h5)->id);
    KM_FREE((*h5)->label);
    KM_FREE(*h5);
}

km_status km_h5_flush(km_h5 *file)
{
    if (H5Fflush(file->id, H5F_SCOPE_LOCAL) < 0) return RAISE_H5(file->label, "", "written");
    return KM_OK;
}

/* The library answers for the last link of a path only when the others exist. */
bool km_h5_has(km_h5 *h5, const char *name)
{
    char part[KM_MESSAGE_SIZE];

    for (const char *end = strchr(name, '/');; end = strchr(end + 1, '/')) {
        size_t n = end ? (size_t)(end - name) : strlen(name);

        if (n >= sizeof part) return false;
        memcpy(part, name, n);
        part[n] = '\0';
        if (n > 0 && H5Lexists(h5->id, part, H5P_DEFAULT) <= 0) return false;
        if (!end || end[1] == '\0') return n > 0;
    }
}

km_status km_h5_copy(km_h5 *from, const char *from_name, km_h5 *to, const char *to_name)
{
    hid_t link = make_link();
    km_status status = KM_OK;

    if (H5Ocopy(from->id, from_name, to->id, to_name, H5P_DEFAULT, link) < 0) {
        char reason[REASON_SIZE];

        last_reason(reason);
        status = KM_RAISE(KM_E_IO, "%s: %s: cannot be copied to %s: %s: %s", from->label,
                          from_name, to->label, to_name, reason);
    }
    H5Pclose(link);
    return status;
}

/* Bytes of the name of member i, without the final zero; -1 on failure. */
static ssize_t get_member(km_h5 *group, hsize_t i, char *name, size_t n_name)
{
    return H5Lget_name_by_idx(group->id, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, n_name,
                              H5P_DEFAULT);
}

km_status km_h5_list(km_h5 *group, int *n, char ***names)
{
    H5G_info_t info;
    size_t n_byte;
    char *cursor;
    char **list = NULL;

    *n = 0;
    *names = NULL;
    if (H5Gget_info(group->id, &info) < 0) return RAISE_H5(group->label, "", "listed");
    n_byte = info.nlinks * sizeof *list;
    for (hsize_t i = 0; i < info.nlinks; ++i) {
        ssize_t size = get_member(group, i, NULL, 0);

        if (size < 0) return RAISE_H5(group->label, "", "listed");
        n_byte += (size_t)size + 1;
    }
    KM_TRY(km_memory_allocate(n_byte, 1, (void **)&list, "names of members"));
    cursor = (char *)(list + info.nlinks);
    for (hsize_t i = 0; i < info.nlinks; ++i) {
        list[i] = cursor;
        cursor += get_member(group, i, cursor, n_byte - (size_t)(cursor - (char *)list)) + 1;
    }
    *n = (int)info.nlinks;
    *names = list;
    return KM_OK;
}

static hid_t make_text_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static herr_t put_attribute(hid_t object, const char *name, const char *text)
{
    hid_t type = make_text_type(), space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t result = attribute < 0 ? -1 : H5Awrite(attribute, type, &text);

    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    return result;
}

/* Closing may overwrite the library's reason, so it is raised before. */
static km_status put_dataset(km_h5 *h5, const char *name, const char *unit, hid_t type,
                             hid_t space, const void *values)
{
    hid_t link = make_link(), transfer = H5Pcreate(H5P_DATASET_XFER);
    hid_t set = H5Dcreate2(h5->id, name, type, space, link, H5P_DEFAULT, H5P_DEFAULT);
    km_status status = KM_OK;

    /* Texts pass a buffer that the library clears: its usual 1 MB takes longer than the writing. */
    H5Pset_buffer(transfer, TEXT_BUFFER, NULL, NULL);
    if (set < 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, transfer, values) < 0 ||
        (unit && put_attribute(set, "unit", unit) < 0))
        status = RAISE_H5(h5->label, name, "written");
    if (set >= 0) H5Dclose(set);
    H5Pclose(link);
    H5Pclose(transfer);
    return status;
}

static km_status put_array(km_h5 *h5, const char *name, const char *unit, hid_t type, int n_dim,
                           const int *shape, const void *values)
{
    hsize_t sizes[MAX_DIM] = {0};
    km_status status;
    hid_t space;

    KM_TRY(KM_CHECK(n_dim >= 1 && n_dim <= MAX_DIM, KM_E_ARGUMENT,
                    "%s: %s: %d dimensions; wanted 1 to %d", h5->label, name, n_dim, MAX_DIM));
    for (int i = 0; i < n_dim; ++i) {
        KM_TRY(KM_CHECK(shape[i] >= 0, KM_E_ARGUMENT, "%s: %s: %d values along dimension %d",
                        h5->label, name, shape[i], i));
        sizes[i] = (hsize_t)shape[i];
    }
    space = H5Screate_simple(n_dim, sizes, NULL);
    status = put_dataset(h5, name, unit, type, space, values);
    H5Sclose(space);
    return status;
}

static km_status put_scalar(km_h5 *h5, const char *name, const char *unit, hid_t type,
                            const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    km_status status = put_dataset(h5, name, unit, type, space, value);

    H5Sclose(space);
    return status;
}

km_status km_h5_write_doubles(km_h5 *h5, const char *name, const char *unit, int n_dim,
                              const int *shape, const double *values)
{
    return put_array(h5, name, unit, H5T_NATIVE_DOUBLE, n_dim, shape, values);
}

km_status km_h5_write_ints(km_h5 *h5, const char *name, int n_dim, const int *shape,
                           const int *values)
{
    return put_array(h5, name, "", H5T_NATIVE_INT, n_dim, shape, values);
}

km_status km_h5_write_double(km_h5 *h5, const char *name, const char *unit, double value)
{
    return put_scalar(h5, name, unit, H5T_NATIVE_DOUBLE, &value);
}

km_status km_h5_write_int(km_h5 *h5, const char *name, long value)
{
    return put_scalar(h5, name, "", H5T_NATIVE_LONG, &value);
}

km_status km_h5_write_text(km_h5 *h5, const char *name, const char *text)
{
    hid_t type = make_text_type();
    km_status status = put_scalar(h5, name, NULL, type, &text);

    H5Tclose(type);
    return status;
}

km_status km_h5_write_texts(km_h5 *h5, const char *name, int n, const char *const *texts)
{
    hid_t type = make_text_type();
    km_status status = put_array(h5, name, NULL, type, 1, &n, texts);

    H5Tclose(type);
    return status;
}

km_status km_h5_write_attribute(km_h5 *h5, const char *name, const char *text)
{
    if (put_attribute(h5->id, name, text) < 0) return RAISE_H5(h5->label, name, "written");
    return KM_OK;
}

km_status km_h5_shape(km_h5 *h5, const char *name, int *n_dim, int shape[4])
{
    hid_t set = H5Dopen2(h5->id, name, H5P_DEFAULT), space;
    hsize_t sizes[MAX_DIM] = {0};

    *n_dim = 0;
    if (set < 0) return RAISE_H5(h5->label, name, "opened as a dataset");
    space = H5Dget_space(set);
    *n_dim = H5Sget_simple_extent_ndims(space);
    if (*n_dim <= MAX_DIM) H5Sget_simple_extent_dims(space, sizes, NULL);
    for (int i = 0; i < MAX_DIM; ++i) shape[i] = i < *n_dim ? (int)sizes[i] : 0;
    H5Sclose(space);
    H5Dclose(set);
    return KM_CHECK(*n_dim <= MAX_DIM, KM_E_IO,
                    "%s: %s: has %d dimensions; at most %d are read", h5->label, name, *n_dim,
                    MAX_DIM);
}

/* The library would convert silently; what loses digits or has another length is refused. */
static km_status check_dataset(const km_h5 *h5, const char *name, hid_t set, hid_t type,
                               hsize_t n)
{
    hid_t space = H5Dget_space(set), stored = H5Dget_type(set);
    hssize_t n_stored = H5Sget_simple_extent_npoints(space);
    H5T_class_t class = H5Tget_class(stored), wanted = H5Tget_class(type);
    size_t size = H5Tget_size(stored);

    H5Sclose(space);
    H5Tclose(stored);
    if (n_stored != (hssize_t)n)
        return KM_RAISE(KM_E_IO, "%s: %s: holds %lld values; wanted %llu", h5->label, name,
                        (long long)n_stored, (unsigned long long)n);
    if (class != wanted && !(wanted == H5T_FLOAT && class == H5T_INTEGER))
        return KM_RAISE(KM_E_IO, "%s: %s: holds values of another type; wanted %s", h5->label,
                        name,
                        wanted == H5T_STRING  ? "text"
                        : wanted == H5T_FLOAT ? "real numbers"
                                              : "integers");
    return KM_CHECK(wanted != H5T_INTEGER || size <= H5Tget_size(type), KM_E_IO,
                    "%s: %s: holds integers of %zu bytes; wanted at most %zu", h5->label, name,
                    size, H5Tget_size(type));
}

static km_status get_dataset(km_h5 *h5, const char *name, hid_t type, int n, void *values)
{
    hid_t set = H5Dopen2(h5->id, name, H5P_DEFAULT);
    km_status status;

    if (set < 0) return RAISE_H5(h5->label, name, "opened as a dataset");
    status = check_dataset(h5, name, set, type, (hsize_t)n);
    if (status == KM_OK && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        status = RAISE_H5(h5->label, name, "read");
    H5Dclose(set);
    return status;
}

km_status km_h5_read_doubles(km_h5 *h5, const char *name, int n, double *values)
{
    return get_dataset(h5, name, H5T_NATIVE_DOUBLE, n, values);
}

km_status km_h5_read_ints(km_h5 *h5, const char *name, int n, int *values)
{
    return get_dataset(h5, name, H5T_NATIVE_INT, n, values);
}

km_status km_h5_read_double(km_h5 *h5, const char *name, double *value)
{
    return get_dataset(h5, name, H5T_NATIVE_DOUBLE, 1, value);
}

km_status km_h5_read_int(km_h5 *h5, const char *name, long *value)
{
    return get_dataset(h5, name, H5T_NATIVE_LONG, 1, value);
}

/* Copy a text that the library allocated, and give it back. */
static km_status take_text(const km_h5 *h5, const char *name, char *stored, size_t n_text,
                           char *text)
{
    size_t n = stored ? strlen(stored) : 0;
    km_status status = KM_CHECK(n < n_text, KM_E_IO,
                                "%s: %s: holds a text of %zu bytes; wanted fewer than %zu",
                                h5->label, name, n, n_text);

    if (status == KM_OK) memcpy(text, stored ? stored : "", n + 1);
    H5free_memory(stored);
    return status;
}

km_status km_h5_read_text(km_h5 *h5, const char *name, size_t n_text, char *text)
{
    hid_t type = make_text_type();
    char *stored = NULL;
    km_status status = get_dataset(h5, name, type, 1, &stored);

    H5Tclose(type);
    KM_TRY(status);
    return take_text(h5, name, stored, n_text, text);
}

static km_status get_attribute(const km_h5 *h5, hid_t object, const char *name, size_t n_text,
                               char *text)
{
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type;
    km_status status = KM_OK;
    char *stored = NULL;

    if (attribute < 0) return RAISE_H5(h5->label, name, "opened as an attribute");
    type = make_text_type();
    if (H5Aread(attribute, type, &stored) < 0) status = RAISE_H5(h5->label, name, "read");
    H5Tclose(type);
    H5Aclose(attribute);
    KM_TRY(status);
    return take_text(h5, name, stored, n_text, text);
}

km_status km_h5_read_attribute(km_h5 *h5, const char *name, size_t n_text, char *text)
{
    return get_attribute(h5, h5->id, name, n_text, text);
}

km_status km_h5_read_unit(km_h5 *h5, const char *name, size_t n_text, char *text)
{
    hid_t set = H5Dopen2(h5->id, name, H5P_DEFAULT);
    km_status status;

    if (set < 0) return RAISE_H5(h5->label, name, "opened as a dataset");
    status = get_attribute(h5, set, "unit", n_text, text);
    H5Dclose(set);
    return status;
}
