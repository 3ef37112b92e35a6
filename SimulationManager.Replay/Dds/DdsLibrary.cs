using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace SimulationManager.Replay;

/// <summary>
/// Finds Cyclone DDS on this machine: Debian's, another distribution's, that of a ROS 2 installation, or the one beside this program. Messages go out through
/// tables of functions of ours (<see cref="RawCdr"/>), whose layout belongs to a version: libraries of other versions are refused.
/// </summary>
internal static partial class DdsLibrary
{
    /// <summary>The package that brings it.</summary>
    public const string Package = "libddsc0debian";

    private const string Supported = "0.10.";

    private static readonly string[] s_names = ["libddsc.so.0", "libddsc.so.0debian", "libddsc.so.0t64"];
    private static readonly Lazy<(nint Handle, string? Version, string? Problem)> s_found = new(Find);

    /// <summary>Why nothing can be published over DDS here, and what can be done; null when it can.</summary>
    public static string? Problem => s_found.Value.Problem;

    /// <summary>The library's version; null when there is none that can be used.</summary>
    public static string? Version => s_found.Value.Version;

    /// <exception cref="DdsException">There is no library that can be used.</exception>
    public static void Require()
    {
        if (Problem is { } problem) throw new DdsException(problem);
    }

    /// <summary>The address of one of its functions.</summary>
    public static nint AddressOf(string function) => NativeLibrary.GetExport(s_found.Value.Handle, function);

    /// <summary>The version that a library's file says it is, as <c>libddsc.so.0.10.2</c> does; null: it says none.</summary>
    internal static string? VersionOf(string file) => VersionInName().Match(Path.GetFileName(file)) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>Why a library cannot be used; null when its version is supported.</summary>
    internal static string? ProblemOf(string file) => VersionOf(file) switch
    {
        null => $"{file} does not tell its version by its name, as libddsc.so.0.10.2 does",
        var version when version.StartsWith(Supported, StringComparison.Ordinal) => null,
        var version => $"{file} is Cyclone DDS {version}",
    };

    private static (nint, string?, string?) Find()
    {
        if (!OperatingSystem.IsLinux() || IntPtr.Size != 8) return (0, null, "DDS needs Linux of 64 bits");
        var refused = new List<string>();
        foreach (var candidate in s_names.Concat(Beside()).Concat(OfRos()))
        {
            if (!NativeLibrary.TryLoad(candidate, out var handle)) continue;
            var problem = !NativeLibrary.TryGetExport(handle, "dds_create_topic_sertype", out var function) ? $"{candidate} is no Cyclone DDS {Supported}x" : ProblemOf(FileOf(function) ?? candidate);
            if (problem is null)
            {
                NativeLibrary.SetDllImportResolver(typeof(DdsLibrary).Assembly, (name, _, _) => name == DdsNative.Library ? handle : 0);
                problem = RawCdr.Check(handle);
                return problem is null ? (handle, VersionOf(FileOf(function)!), null) : (0, null, $"{problem}; {Advice}");
            }
            refused.Add(problem);
            NativeLibrary.Free(handle);
        }
        return (0, null, refused.Count == 0 ? $"Cyclone DDS is not installed where this worker runs; {Advice}" : $"{string.Join(", ", refused.Distinct())}; {Advice}");
    }

    private static string Advice => $"version {Supported}x is needed: on Debian 12 the package {Package} (apt-get install {Package}), or that of ROS 2 Humble to Kilted (ros-<distro>-cyclonedds)";

    /// <summary>Where images have it: deploy/dds-files.sh.</summary>
    private static IEnumerable<string> Beside() => new[] { AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "dds") }.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "libddsc.so.0.*"));

    private static IEnumerable<string> OfRos() => !Directory.Exists("/opt/ros") ? [] : Directory.EnumerateDirectories("/opt/ros")
        .SelectMany(distro => new[] { Path.Combine(distro, "lib"), Path.Combine(distro, "lib", "x86_64-linux-gnu"), Path.Combine(distro, "lib", "aarch64-linux-gnu") })
        .Select(folder => Path.Combine(folder, "libddsc.so.0"))
        .Where(File.Exists);

    /// <summary>The file that a function came from, links followed.</summary>
    private static string? FileOf(nint function)
    {
        if (DlAddr(function, out var found) == 0 || Marshal.PtrToStringUTF8(found.File) is not { } file) return null;
        return new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file;
    }

    [GeneratedRegex(@"^libddsc\.so\.(\d+\.\d+\.\d+)")]
    private static partial Regex VersionInName();

    [LibraryImport("libc", EntryPoint = "dladdr")]
    private static partial int DlAddr(nint address, out DlInfo found);

    [StructLayout(LayoutKind.Sequential)]
    private struct DlInfo
    {
        public nint File;
        public nint Base;
        public nint Symbol;
        public nint SymbolAddress;
    }
}

/// <summary>Something that DDS, or its library, does not do; the message says what, and what can be done.</summary>
internal sealed class DdsException(string message) : Exception(message)
{
    /// <exception cref="DdsException">The value tells an error.</exception>
    public static int ThrowIfFailed(int result, string what) => result >= 0 ? result : throw new DdsException($"{what}: {DdsNative.Describe(result)}");
}
