# libtorch as CMake targets. Included once from the root when RINGSCOPE_RANK is on.
#
#   ringscope::torch_cpu    libtorch_cpu and libc10: tensors, autograd, c10d with Gloo
#   ringscope::torch_cuda   the same, and libtorch_cuda, libc10_cuda, NCCL, CUDA runtime
#                           (exists only where RINGSCOPE_WITH_CUDA)
#   ringscope::nvtx         NVTX headers
#   ringscope::cupti        CUPTI headers and libcupti; same library that libtorch_cpu loads
#
# torch's own find_package(Torch) wants a whole CUDA toolkit for a CPU build and adds its flags to
# everything, so it is not used. ./quickstart unpacks the wheel; RINGSCOPE_TORCH_DIR names the folder
# that then holds torch/ and nvidia/ beside each other. Programs find the libraries at run time by
# the rpath these targets give them, without LD_LIBRARY_PATH.

set(RINGSCOPE_TORCH_DIR "" CACHE PATH "Folder holding torch/ and nvidia/, as ./quickstart unpacks them")

set(site "${RINGSCOPE_TORCH_DIR}")
if(NOT site)
    # Without a choice: the newest one in the user's cache.
    if(DEFINED ENV{RINGSCOPE_CACHE})
        set(cache "$ENV{RINGSCOPE_CACHE}")
    elseif(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
        set(cache "$ENV{XDG_CACHE_HOME}/ringscope")
    else()
        set(cache "$ENV{HOME}/.cache/ringscope")
    endif()
    file(GLOB candidates "${cache}/libtorch-2.11.0-*/site/torch/lib/libtorch_cpu.so")
    foreach(candidate IN LISTS candidates)
        cmake_path(GET candidate PARENT_PATH folder)
        cmake_path(GET folder PARENT_PATH folder)
        cmake_path(GET folder PARENT_PATH folder)
        if(NOT site OR "${folder}" IS_NEWER_THAN "${site}")
            set(site "${folder}")
        endif()
    endforeach()
endif()
set(torch_lib "${site}/torch/lib")
foreach(library "${torch_lib}/libtorch_cpu.so" "${torch_lib}/libc10.so" "${site}/nvidia/cu13/lib/libcupti.so.13")
    if(NOT site OR NOT EXISTS "${library}")
        message(FATAL_ERROR "libtorch is not unpacked (looked for ${library}): run ./quickstart, which fetches it "
                            "and passes RINGSCOPE_TORCH_DIR, or build without ranks with -DRINGSCOPE_RANK=OFF.")
    endif()
endforeach()
message(STATUS "libtorch: ${site}")
set(RINGSCOPE_TORCH_LIBRARY "${torch_lib}")

function(ringscope_torch_library name file)
    add_library(ringscope_import_${name} SHARED IMPORTED GLOBAL)
    set_target_properties(ringscope_import_${name} PROPERTIES IMPORTED_LOCATION "${file}" IMPORTED_NO_SONAME FALSE)
endfunction()

# c10d's Gloo: the wheel has the symbols, Debian's libgloo-dev the headers. libgloo is never linked.
find_path(RINGSCOPE_GLOO_INCLUDE gloo/rendezvous/store.h)
if(NOT RINGSCOPE_GLOO_INCLUDE)
    message(FATAL_ERROR "gloo/rendezvous/store.h not found: install libgloo-dev, or run ./quickstart.")
endif()

ringscope_torch_library(c10 "${torch_lib}/libc10.so")
ringscope_torch_library(torch_cpu "${torch_lib}/libtorch_cpu.so")
ringscope_torch_library(cupti "${site}/nvidia/cu13/lib/libcupti.so.13")

add_library(ringscope_torch_cpu INTERFACE)
add_library(ringscope::torch_cpu ALIAS ringscope_torch_cpu)
target_include_directories(ringscope_torch_cpu SYSTEM INTERFACE
    "${site}/torch/include" "${site}/torch/include/torch/csrc/api/include")
target_compile_definitions(ringscope_torch_cpu INTERFACE USE_DISTRIBUTED USE_C10D_GLOO)
target_link_libraries(ringscope_torch_cpu INTERFACE ringscope_import_torch_cpu ringscope_import_c10)
# at::parallel_for is a loop on one thread in a file compiled without OpenMP. The libgomp is the one
# libtorch brings: with a second one there would be a second pool of threads.
ringscope_torch_library(gomp "${torch_lib}/libgomp.so.1")
target_compile_options(ringscope_torch_cpu INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-fopenmp>")
target_link_libraries(ringscope_torch_cpu INTERFACE ringscope_import_gomp)
# libtorch_cpu refers to CUPTI and libgomp by names the linker need not follow; the loader does.
target_link_options(ringscope_torch_cpu INTERFACE LINKER:--unresolved-symbols=ignore-in-shared-libs)

add_library(ringscope_nvtx INTERFACE)
add_library(ringscope::nvtx ALIAS ringscope_nvtx)
target_include_directories(ringscope_nvtx SYSTEM INTERFACE "${site}/nvidia/cu13/include")
target_link_libraries(ringscope_nvtx INTERFACE ${CMAKE_DL_LIBS})

add_library(ringscope_cupti INTERFACE)
add_library(ringscope::cupti ALIAS ringscope_cupti)
target_include_directories(ringscope_cupti SYSTEM INTERFACE "${site}/nvidia/cu13/include")
target_link_libraries(ringscope_cupti INTERFACE ringscope_import_cupti)
target_link_options(ringscope_cupti INTERFACE LINKER:--unresolved-symbols=ignore-in-shared-libs)

if(RINGSCOPE_WITH_CUDA)
    cmake_path(GET CMAKE_CUDA_COMPILER PARENT_PATH toolkit)
    cmake_path(GET toolkit PARENT_PATH toolkit)
    file(REAL_PATH "${toolkit}" toolkit)
    find_library(RINGSCOPE_NCCL NAMES nccl libnccl.so.2 HINTS "${toolkit}/lib64" "${toolkit}/lib")
    find_path(RINGSCOPE_NCCL_INCLUDE nccl.h HINTS "${toolkit}/include")
    find_library(RINGSCOPE_CUDNN NAMES cudnn libcudnn.so.9 HINTS "${toolkit}/lib64" "${toolkit}/lib")
    find_library(RINGSCOPE_CUDART NAMES cudart HINTS "${toolkit}/lib64" "${toolkit}/lib")
    foreach(found RINGSCOPE_NCCL RINGSCOPE_NCCL_INCLUDE RINGSCOPE_CUDNN RINGSCOPE_CUDART)
        if(NOT ${found})
            message(FATAL_ERROR "${found} not found beside ${CMAKE_CUDA_COMPILER}: the CUDA build needs NCCL and "
                                "cuDNN 9 in the toolkit. ./quickstart --cpu builds without CUDA.")
        endif()
    endforeach()
    foreach(library cusparselt/lib/libcusparseLt.so.0 nvshmem/lib/libnvshmem_host.so.3 cu13/lib/libcufile.so.0)
        if(NOT EXISTS "${site}/nvidia/${library}")
            message(FATAL_ERROR "${site}/nvidia/${library} is not unpacked: run ./quickstart, which fetches what the "
                                "CUDA build needs, or use RINGSCOPE_CUDA=OFF.")
        endif()
    endforeach()

    ringscope_torch_library(torch_cuda "${torch_lib}/libtorch_cuda.so")
    ringscope_torch_library(c10_cuda "${torch_lib}/libc10_cuda.so")
    ringscope_torch_library(nccl "${RINGSCOPE_NCCL}")
    ringscope_torch_library(cudart "${RINGSCOPE_CUDART}")

    add_library(ringscope_torch_cuda INTERFACE)
    add_library(ringscope::torch_cuda ALIAS ringscope_torch_cuda)
    # nvcc knows its own include folder; g++ is told.
    target_include_directories(ringscope_torch_cuda SYSTEM INTERFACE
        "${RINGSCOPE_NCCL_INCLUDE}" "$<$<COMPILE_LANGUAGE:CXX>:${toolkit}/include>")
    target_compile_definitions(ringscope_torch_cuda INTERFACE USE_C10D_NCCL)
    target_compile_options(ringscope_torch_cuda INTERFACE
        "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr>")
    target_link_libraries(ringscope_torch_cuda INTERFACE
        ringscope_torch_cpu ringscope_import_torch_cuda ringscope_import_c10_cuda ringscope_import_nccl
        ringscope_import_cudart)
    # libtorch_cuda registers its kernels when it is loaded, so it must not be dropped as unneeded.
    # Its own RPATH does not know the toolkit; DT_RPATH (not RUNPATH) of whoever loads it does.
    foreach(library RINGSCOPE_NCCL RINGSCOPE_CUDNN RINGSCOPE_CUDART)
        cmake_path(GET ${library} PARENT_PATH folder)
        list(APPEND toolkit_lib "${folder}")
    endforeach()
    list(REMOVE_DUPLICATES toolkit_lib)
    target_link_options(ringscope_torch_cuda INTERFACE LINKER:--no-as-needed LINKER:--disable-new-dtags)
    foreach(folder IN LISTS toolkit_lib)
        target_link_options(ringscope_torch_cuda INTERFACE "LINKER:-rpath,${folder}")
    endforeach()
endif()
