// What any program with libbpf does with an object: opens it, names its programs and maps, and loads it.
//   open_object FILE
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  struct bpf_object *object = argc == 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
  if (!object) {
    fprintf(stderr, "cannot open the object\n");
    return 1;
  }
  struct bpf_program *program;
  bpf_object__for_each_program(program, object)
    printf("program %s section %s\n", bpf_program__name(program), bpf_program__section_name(program));
  struct bpf_map *map;
  bpf_object__for_each_map(map, object)
    printf("map %s key %u %s value %u %s\n", bpf_map__name(map), bpf_map__key_size(map),
           bpf_map__btf_key_type_id(map) ? "typed" : "untyped", bpf_map__value_size(map),
           bpf_map__btf_value_type_id(map) ? "typed" : "untyped");
  int status = bpf_object__load(object);
  if (status != 0) {
    fprintf(stderr, "cannot load the object: %s\n", strerror(-status));
    return 1;
  }
  printf("loaded\n");
  bpf_object__close(object);
  return 0;
}
