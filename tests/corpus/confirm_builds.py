"""How real cases are built for confirm.py: a shell command that configures a copy of the tree, and words for make."""

E2FS = "touch configure && CFLAGS='-g -O0 -fcommon -w' sh ./configure --disable-nls"
# The library's makefile asks for tools that the one above makes first.
E2FS_LIB = E2FS + " && make -C util && make -C lib/et compile_et"
IVERILOG = "autoconf -f && ./configure CFLAGS='-O0 -w' CXXFLAGS='-O0 -w -std=c++11'"
OLD_GIT = ["NO_CURL=", "CFLAGS=-O0 -w", "NO_TCLTK=1", "NO_GETTEXT=1"]
# `config %config:` is a mistake for make 4.
BUSYBOX = "sed -i 's/^config %config:/%config:/; s#^/ %/:#%/:#' Makefile && make defconfig && rm -f scripts/basic/fixdep scripts/basic/split-include"
EXIM = ("cd src && mkdir -p Local && sed -e 's/^EXIM_USER=.*/EXIM_USER=mail/' -e 's/^EXIM_MONITOR=/#&/' src/EDITME > Local/Makefile"
        " && echo EXIM_RELEASE_VERSION=4.80 > src/version.sh && make configure && make -C build-* os.h os.c config.h version.h")
EXIM_WORDS = ["CFLAGS=-O0 -w -fcommon"]
SHIM = ["EFI_PATH=/usr/lib", "LIB_PATH=/usr/lib", "CC=gcc -w -ffreestanding -isystem $(shell gcc -print-file-name=include)"]
# OpenSSL has the function no more; the files that race need none of it.
OLD_SSL = "sed -i s/HMAC_CTX_init/HMAC_Update/ configure.ac && libtoolize -ci && autoreconf -fi && ./configure CFLAGS='-O0 -w'"
RECONF = "autoreconf -fi && ./configure CFLAGS='-O0 -w'"

BUILDS = {
    "pciutils-pciutils-6f5000a711": {},
    "pciutils-pciutils-4afd29d32f": {},
    "pq-code-package-mlkem-native-f173115187": {},
    "cs50-libcs50-bd02d649e1": {"words": ["OS=Linux"]},
    "capstone-engine-capstone-addb192d8f": {},
    "acpica-acpica-d8a0e964dd": {"setup": "mkdir -p generate/unix/iasl/obj"},
    "libbpf-libbpf-b07dfe3b2a": {"words": ["OBJDIR=out"]},
    "Mbed-TLS-mbedtls-5df77c63fb": {},
    # Only TLS 1.3 reads the header.
    "Mbed-TLS-mbedtls-12e27d4c5b": {"setup": "python3 scripts/config.py set MBEDTLS_SSL_PROTO_TLS1_3"},
    "RfidResearchGroup-proxmark3-b3b5d29452": {},
    "RfidResearchGroup-proxmark3-2ebada74f0": {},
    # The sources that a script would fetch, empty.
    "nigels-com-glew-767e031645": {"setup": "mkdir -p include/GL lib && touch include/GL/glew.h include/GL/wglew.h include/GL/glxew.h src/glew.c"
                                            " && for it in glewinfo visualinfo; do echo 'int main(void) { return 0; }' > src/$it.c; done"},
    # Perl has `defined(@x)` no more.
    "netwide-assembler-nasm-c050362865": {"setup": "sed -i 's/defined(@hashinfo)/@hashinfo/' *.pl perllib/phash.ph && sh autogen.sh"
                                                   " && ./configure CFLAGS='-O0 -w -fcommon'"},
    "troglobit-sysklogd-b88e21d177": {"setup": RECONF},
    "NLnetLabs-ldns-124c35fc4f": {"setup": OLD_SSL},
    "steveicarus-iverilog-ac3ef217c3": {"setup": IVERILOG},
    "steveicarus-iverilog-1248394a5d": {"setup": IVERILOG + " && make version_tag.h"},
    "steveicarus-iverilog-7de00ee73a": {"setup": IVERILOG},
    "steveicarus-iverilog-9c99bce054": {"setup": IVERILOG},
    "steveicarus-iverilog-26ab32ac3b": {"setup": IVERILOG},
    "tytso-e2fsprogs-58b3d8d3ae": {"setup": E2FS_LIB + " && make -C lib/uuid ../../lib/dirpaths.h"},
    "tytso-e2fsprogs-3a0d5d396b": {"setup": E2FS_LIB},
    "tytso-e2fsprogs-1113bf706f": {"setup": E2FS_LIB},
    "tytso-e2fsprogs-153b4495c1": {"setup": E2FS_LIB},
    # The system call is made by a macro that Linux has no more.
    "tytso-e2fsprogs-f0f4acbdd5": {"setup": r"sed -i '/^static _syscall5/,/)$/d' lib/ext2fs/llseek.c && " + E2FS_LIB},
    "tytso-e2fsprogs-3ded50b37c": {"setup": E2FS + " --enable-elf-shlibs"},
    "tytso-e2fsprogs-b93cb0664e": {"setup": E2FS_LIB},
    "tytso-e2fsprogs-9c3ea642e3": {"setup": E2FS},
    "tytso-e2fsprogs-e212d95fbb": {"setup": E2FS},
    "tytso-e2fsprogs-3c8d4f6e01": {"setup": E2FS + " --enable-elf-shlibs"},
    "NLnetLabs-unbound-46cfbf313d": {"setup": "./configure CFLAGS='-O0 -w' && rm -f util/configparser.[ch] util/configlexer.c"},
    "NLnetLabs-unbound-c253c8367a": {"setup": "./configure CFLAGS='-O0 -w' --enable-dnstap"},
    "NLnetLabs-unbound-d58327876f": {"setup": OLD_SSL},
    "dyne-cjit-b3763c80e6": {"words": ["linux-x86", "VERSION=1"]},
    "chaos-genders-abbfca3339": {"setup": "autoreconf -fi -I config && ./configure CFLAGS='-O0 -w' --without-java-extensions --without-perl-extensions --without-python-extensions"},
    "varnishcache-varnish-cache-d2705d20db": {"setup": RECONF},
    "varnishcache-varnish-cache-71ea9ce9a8": {"setup": RECONF},
    "git-git-8eef8e09ce": {"words": OLD_GIT},
    "git-git-a060b803b4": {"words": OLD_GIT},
    "git-git-8fced61cbc": {"words": OLD_GIT},
    "git-git-b992933853": {"words": OLD_GIT},
    "git-git-ea3422662d": {"words": ["NO_TCLTK=1", "NO_GETTEXT=1", "CFLAGS=-O0 -w"]},
    # Else make runs `cat` twice before it starts the second goal, and the first has failed by then.
    "mirror-busybox-18221506e5": {"setup": BUSYBOX, "words": ["KERNELRELEASE=1"]},
    "mirror-busybox-43dd006222": {"setup": BUSYBOX},
    "Exim-exim-2247672183": {"setup": EXIM, "entry": "src/build-Linux-x86_64/Makefile", "words": EXIM_WORDS},
    "frankmorgner-openpace-7de0b27a3d": {"setup": RECONF},
    "RfidResearchGroup-proxmark3-3fd8be2a47": {},
    # One command compiles the sources of the list, 38 in each run of each job; one will do.
    "sjaehn-BShapr-db6b6821e9": {"words": ["GUI_CXX_INCL=src/BUtilities/stof.cpp"]},
    "crawl-crawl-dea893dd22": {},
    "openldap-openldap-df9f2d87a5": {"setup": "./configure CFLAGS='-O0 -w' --disable-slapd --without-cyrus-sasl"},
    "rhboot-shim-06e15d7629": {"words": SHIM},
    "rhboot-fwupdate-987109ba5e": {},
    "ARM-software-arm-trusted-firmware-5e508f06a0": {"words": ["PLAT=juno", "USE_ROMLIB=1", "CROSS_COMPILE=aarch64-linux-gnu-"]},
    "RTimothyEdwards-magic-93d25e7cf7": {"setup": "./configure --without-tcl --without-x CFLAGS='-O0 -w -fcommon'"},
    "RTimothyEdwards-magic-b16bcb35bf": {"setup": "./configure --without-tcl --without-x CFLAGS='-O0 -w -fcommon' && make database/database.h"},
    "RTimothyEdwards-magic-f76826eff8": {"setup": "./configure --without-tcl --without-x CFLAGS='-O0 -w -fcommon'"},
    "heimdal-heimdal-55961a7458": {"setup": RECONF},
    "vmssoftware-cpython-907229af87": {"setup": "./configure OPT='-O0 -w'"},
    "vmssoftware-cpython-c2021558ef": {"setup": "./configure OPT='-O0 -w'"},
    "pmodels-mpich-43838ec89f": {"setup": "cd src/pm/hydra && autoreconf -fi && ./configure CFLAGS='-O0 -w'"},
    "xymon-monitoring-xymon-7e69cee644": {"setup": "MAKE=make ./configure --server </dev/null"},
    "ArtifexSoftware-ghostpdl-2ff973e888": {"setup": "cd gs && ./autogen.sh CFLAGS='-O0 -w'"},
    "ArtifexSoftware-ghostpdl-b00d53f806": {"setup": "./autogen.sh CFLAGS='-O0 -w'"},
    "ArtifexSoftware-ghostpdl-9eb67bc021": {"setup": "./autogen.sh CFLAGS='-O0 -w'"},
    "ArtifexSoftware-ghostpdl-d54d8d529f": {"setup": "./autogen.sh CFLAGS='-O0 -w'"},
    "ArtifexSoftware-ghostpdl-c8285e6e9c": {"setup": "./autogen.sh CFLAGS='-O0 -w'"},
}

# Left out for what their documents and trees ask for; nobody has tried.
NOT_TRIED = {
    "git-git-8eef8e09ce": "`check` does not report it in the tree as it is committed",
    "git-git-a060b803b4": "`check` does not report it in the tree as it is committed",
    "git-git-8fced61cbc": "`check` does not report it in the tree as it is committed",
    "git-git-b992933853": "`check` does not report it in the tree as it is committed",
    "tytso-e2fsprogs-3c8d4f6e01": "`check` does not report it in the tree as it is committed",
    "tytso-e2fsprogs-3ded50b37c": "`check` does not report it in the tree as it is committed",
    "tytso-e2fsprogs-9c3ea642e3": "`check` does not report it in the tree as it is committed",
    "rhboot-fwupdate-987109ba5e": "`check` does not report it in the tree as it is committed",
    "mirror-busybox-43dd006222": "`check` does not report it in the tree as it is committed",
    "ArtifexSoftware-ghostpdl-2ff973e888": "`check` does not report it in the tree as it is committed",
    "Mbed-TLS-mbedtls-5df77c63fb": "`check` does not report it in the tree as it is committed",
    "pciutils-pciutils-6f5000a711": "`check` does not report it in the tree as it is committed",
    "RfidResearchGroup-proxmark3-2ebada74f0": "`check` does not report it in the tree as it is committed",
    "troglobit-sysklogd-b88e21d177": "`check` does not report it in the tree as it is committed",
    "ARM-software-arm-trusted-firmware-f02135a369": "`check` does not report it in the tree as it is committed",
    "ARM-software-arm-trusted-firmware-5e508f06a0": "`check` does not report it in the tree as it is committed",
    "rurban-clisp-1d5093c9a9": "`check` does not report it in the tree as it is committed",
    "rurban-clisp-145c09a8b3": "`check` does not report it in the tree as it is committed",
    "RfidResearchGroup-proxmark3-0b70a10145": "`check` does not report it in the tree as it is committed",
    "RfidResearchGroup-proxmark3-8f2b71ffc4": "`check` does not report it in the tree as it is committed",
    "Exim-exim-2351004760": "`check` does not report it in the tree as it is committed",
    "ArtifexSoftware-ghostpdl-2178101f26": "`check` does not report it in the tree as it is committed",
    "Exim-exim-c6fa5dfa82": "`check` reports it only in the text before it is configured, in which no recipe can run",
    "vmssoftware-cpython-e6dcd371b2": "has a script of its own, `tests/confirm-cpython.sh`",
    "vmssoftware-cpython-c9deece272": "the race is between two workers of a Python program, not of make",
    "git-git-87bd9bd40e": "macOS only",
    "git-git-0eeacde50e": "needs Rust packages from the network",
    "samtools-htslib-71d8683df6": "Windows or macOS only, in a client's makefile",
    "capstone-engine-capstone-3671d70429": "needs a Java class library that Debian has in another version",
    "NLnetLabs-unbound-37d8551a7a": "the bundled library is no part of the tree",
    "rhboot-shim-e42c31963a": "a submodule is no part of the tree",
    "Mbed-TLS-mbedtls-8af3923815": "a submodule is no part of the tree",
    "ucb-bar-chipyard-f34a6fc523": "needs sbt and packages from the network",
    "ucb-bar-chipyard-335bbf7651": "needs sbt and packages from the network",
    "madgraph5-madgraph4gpu-ea8854f74f": "needs a Fortran compiler and minutes for each build",
    "madgraph5-madgraph4gpu-912d64b5fe": "fetches googletest from the network",
    "ElementsProject-lightning-043895e2c6": "needs Rust packages from the network",
    "ElementsProject-lightning-374db239be": "needs Rust packages from the network",
    "ElementsProject-lightning-dc562f0533": "submodules are no part of the tree",
    "ElementsProject-lightning-76dd1577bd": "submodules are no part of the tree",
    "ElementsProject-lightning-af5b3203b5": "submodules are no part of the tree",
    "bminor-glibc-697ed91ca9": "Hurd only",
    "bminor-glibc-3cc652e951": "needs an hour for a whole C library",
    "libguestfs-libguestfs-024efc0f2f": "needs an OCaml older than 4.02",
    "libguestfs-libguestfs-76711b7e91": "needs a virtual machine appliance",
    "libguestfs-libguestfs-8b3e75a3c7": "needs a virtual machine appliance",
    "libguestfs-libguestfs-f2ac7c18a7": "needs a virtual machine appliance",
    "postgis-postgis-88eb9c2383": "needs a running PostgreSQL",
    "postgis-postgis-1636202258": "needs a running PostgreSQL",
    "FRRouting-frr-b4cba74f74": "needs a libyang and an RTR library that Debian has in other versions",
}
