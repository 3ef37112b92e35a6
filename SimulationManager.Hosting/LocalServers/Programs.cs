using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>What a command that was run said.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The last lines of what it said, in one.</summary>
    public string Tail => string.Join(" | ", $"{Output}\n{Errors}".Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(6));
}

/// <summary>Programs of this machine.</summary>
internal static class Programs
{
    private const string Shell = "/bin/sh";
    private const string InputVariable = "LOCAL_SERVER_INPUT";

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly string[] Endings = OperatingSystem.IsWindows() ? [".exe", ".cmd", ".bat"] : [""];

    /// <summary>The host that runs this process, which also runs our other programs.</summary>
    public static string Dotnet { get; } = FindDotnet();

    /// <summary>The full path of a program on PATH.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out string? path)
    {
        path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => Endings.Select(ending => Path.Combine(folder, name + ending)))
            .FirstOrDefault(IsExecutable);
        return path is not null;
    }

    // File.Exists is true for a link whose target was removed.
    public static bool IsExecutable(string path) => File.Exists(path)
        && File.ResolveLinkTarget(path, returnFinalTarget: true) is null or { Exists: true }
        && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Executable) != 0);

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="TimeoutException">It took longer than <paramref name="limit"/> and was ended.</exception>
    public static async Task<ProgramResult> RunAsync(string program, IEnumerable<string> arguments, TimeSpan limit, CancellationToken cancellationToken, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            return new ProgramResult(process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"'{Path.GetFileName(program)} {arguments.FirstOrDefault()}' did not end within {limit.TotalSeconds:0} s.");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>
    /// The same command with a file to read, whose name follows the given arguments, ahead of its own. On Unix it is standard
    /// input: a secret gets to the program without a file on disk and without an argument that every process list shows.
    /// </summary>
    public static ServerCommand WithInput(this ServerCommand command, ServerStart start, IReadOnlyList<string> arguments, string text)
    {
        if (OperatingSystem.IsWindows())
        {
            var file = start.Folders.Temporary($"{start.Resource.Name}.input").Path;
            File.WriteAllText(file, text);
            return command with { Arguments = [.. arguments, file, .. command.Arguments] };
        }

        return command with
        {
            Program = Shell,
            Arguments =
            [
                "-c", $"exec env -u {InputVariable} \"$@\" <<EOF\n${InputVariable}\nEOF\n",
                Path.GetFileName(command.Program), command.Program, .. arguments, "/dev/stdin", .. command.Arguments,
            ],
            Environment = new Dictionary<string, string>(command.Environment) { [InputVariable] = text },
        };
    }

    /// <summary>The same command, ended by SIGINT where the orchestrator sends SIGTERM, and with its errors among its output.</summary>
    public static ServerCommand StoppedByInterrupt(this ServerCommand command) => command with
    {
        Program = Shell,
        Arguments =
        [
            "-c", "exec 2>&1; trap 'kill -INT $pid' TERM INT; \"$@\" & pid=$!; while kill -0 $pid 2>/dev/null; do wait $pid; status=$?; done; exit $status",
            Path.GetFileName(command.Program), command.Program, .. command.Arguments,
        ],
    };

    /// <summary>The same command, with its errors among its output, for a program whose output is written late unless it is an error.</summary>
    public static ServerCommand WithErrorsInOutput(this ServerCommand command) => OperatingSystem.IsWindows() ? command : command with
    {
        Program = Shell,
        Arguments = ["-c", "exec \"$@\" 2>&1", Path.GetFileName(command.Program), command.Program, .. command.Arguments],
    };

    /// <summary>The same command, run as another user.</summary>
    /// <exception cref="LocalServerException">Nothing here can do that.</exception>
    public static ServerCommand As(this ServerCommand command, UnixAccount? account)
    {
        if (account is null) return command;
        if (!TryFind("setpriv", out var setpriv))
            throw new LocalServerException($"{Path.GetFileName(command.Program)} refuses to run as root, and setpriv, which would run it as '{account.Name}', is not on PATH. Install util-linux, or start the AppHost as a normal user.");
        return command with
        {
            Program = setpriv,
            Arguments = [$"--reuid={account.Name}", $"--regid={account.GroupId}", "--clear-groups", "--", command.Program, .. command.Arguments],
        };
    }

    /// <summary>Runs a prepared command to its end.</summary>
    public static Task<ProgramResult> RunAsync(this ServerCommand command, TimeSpan limit, CancellationToken cancellationToken) =>
        RunAsync(command.Program, command.Arguments, limit, cancellationToken, command.Environment.ToDictionary(pair => pair.Key, pair => (string?)pair.Value));

    private static string FindDotnet()
    {
        var beside = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        return File.Exists(beside) ? beside : "dotnet";
    }
}
