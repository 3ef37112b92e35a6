using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>Where programs lie.</summary>
internal static class Executables
{
    /// <summary>The <c>dotnet</c> program that runs this process, else the one on PATH.</summary>
    public static string Dotnet { get; } = FindDotnet();

    /// <summary>The full path of a program on PATH.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out string? path, string? searchPath = null)
    {
        searchPath ??= Environment.GetEnvironmentVariable("PATH") ?? "";
        string[] endings = OperatingSystem.IsWindows() ? [".exe", ".cmd", ".bat", ""] : [""];
        path = searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => endings.Select(ending => Path.Combine(folder, name + ending)))
            .FirstOrDefault(IsExecutable);
        return path is not null;
    }

    public static bool IsExecutable(string path) => File.Exists(path)
        && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);

    private static string FindDotnet()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var beside = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        if (File.Exists(beside))
            return beside;
        return Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : name;
    }
}
