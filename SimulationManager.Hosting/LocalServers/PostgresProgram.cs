using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>PostgreSQL: as installed on this machine, else from a package. Data that is there picks the version that wrote it.</summary>
internal sealed partial class PostgresProgram(PostgresServerResource server) : IServerProgram
{
    /// <summary>Where the image keeps its data: up to version 17, and since version 18.</summary>
    private static readonly string[] ImageDataFolders = ["/var/lib/postgresql/data", "/var/lib/postgresql"];

    private const int OldestWithBuiltinLocale = 17;

    private static readonly TimeSpan VersionLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan InitLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    public string Advice => "PostgreSQL, or allow access to the npm registry (npm_config_registry)";

    public async Task<ServerCommand> PrepareAsync(ServerStart start, CancellationToken cancellationToken)
    {
        var account = UnixAccount.ForUnprivileged();
        var data = start.Data(ImageDataFolders);
        var binaries = await FindAsync(start, data, cancellationToken).ConfigureAwait(false);
        if (data.IsEmpty)
            await InitialiseAsync(start, binaries, data, account, cancellationToken).ConfigureAwait(false);
        else
            CheckData(binaries, data.Path);
        await RemoveStaleLockAsync(data.Path, cancellationToken).ConfigureAwait(false);

        var command = new ServerCommand
        {
            Program = binaries.Server,
            Arguments =
            [
                "-D", data.Path, "-c", "listen_addresses=127.0.0.1",
                "-c", string.Create(CultureInfo.InvariantCulture, $"port={start.Port()}"),
                "-c", "unix_socket_directories=", "-c", "logging_collector=off",
            ],
            WorkingDirectory = data.Path,
            Description = $"postgres {binaries.Version} ({binaries.Origin})",
        }.As(account);
        // SIGTERM would wait for clients to leave, the pooled connections of this very process among them.
        return OperatingSystem.IsWindows() ? command : command.StoppedByInterrupt();
    }

    public async Task<bool> IsReadyAsync(ServerStart start, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnectionStringBuilder(await server.ConnectionStringExpression.GetValueAsync(cancellationToken).ConfigureAwait(false)) { Database = "postgres", Pooling = false };
        try
        {
            await using var opened = new NpgsqlConnection(connection.ConnectionString);
            await opened.OpenAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            throw new LocalServerException(
                $"The data in '{start.Data(ImageDataFolders).Path}' was made with another user name or password than the ones set now for '{connection.Username}'. " +
                "Set the old ones again (a generated one is kept in the AppHost's user secrets), or move that folder away to start with an empty database.");
        }
        catch (NpgsqlException)
        {
            // Not up yet, or still recovering.
            return false;
        }
    }

    private static async Task<PostgresBinaries> FindAsync(ServerStart start, DataFolder data, CancellationToken cancellationToken)
    {
        var wanted = MajorOf(data.Path);
        var found = new List<PostgresBinaries>();
        foreach (var folder in start.MayBeNative ? PostgresBinaries.FindFolders() : [])
            found.Add(new PostgresBinaries(folder, await ReadVersionAsync(folder, cancellationToken).ConfigureAwait(false)));
        if (found.Find(each => wanted is null ? each.Major >= PostgresBinaries.OldestMajor : each.Major == wanted) is { } native)
            return native;
        if (start.MayBePackage && await PostgresPackage.GetAsync(start.Folders.Packages, start.Log, cancellationToken).ConfigureAwait(false) is { } package && (wanted ?? package.Major) == package.Major)
            return package;
        throw wanted is null
            ? new ServerNotInstalledException($"No PostgreSQL {PostgresBinaries.OldestMajor} or newer was found on PATH or in the usual folders.")
            : new LocalServerException(
                $"The data in '{data.Path}' was written by PostgreSQL {wanted}, which {Versions(found)} cannot read. " +
                $"Install PostgreSQL {wanted}, or dump and restore the data, or move the folder away to start with an empty database.");
    }

    private static string Versions(List<PostgresBinaries> found) => found.Count == 0 ? "the packaged one" : string.Join(", ", found.Select(each => each.Version));

    private static async Task<string> ReadVersionAsync(string folder, CancellationToken cancellationToken)
    {
        var said = await Programs.RunAsync(new PostgresBinaries(folder, "").Server, ["--version"], VersionLimit, cancellationToken).ConfigureAwait(false);
        return PostgresBinaries.ParseVersion(said.Output);
    }

    /// <summary>The major version that wrote the folder; null when there is no readable cluster in it.</summary>
    private static int? MajorOf(string folder) =>
        File.Exists(Path.Combine(folder, "PG_VERSION")) && PostgresBinaries.MajorOf(File.ReadAllText(Path.Combine(folder, "PG_VERSION")).Trim()) is > 0 and var major ? major : null;

    private static void CheckData(PostgresBinaries binaries, string folder)
    {
        if (MajorOf(folder) != binaries.Major || !File.Exists(Path.Combine(folder, "global", "pg_control")))
            throw new LocalServerException(
                $"The folder '{folder}' is not empty, but it is no complete PostgreSQL data folder: PG_VERSION or global/pg_control is missing or unreadable. " +
                "Restore it from a backup, or move it away to start with an empty database; it was left as it is.");
    }

    /// <summary>
    /// After a crash the server trusts postmaster.pid if <em>any</em> process of its account has that number now. The folder is
    /// locked by this run, so only processes that work in it count: those of an earlier run soon end.
    /// </summary>
    private static async Task RemoveStaleLockAsync(string folder, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux()) return;
        for (var start = Stopwatch.GetTimestamp(); FindProcessIn(folder) is { } pid; await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false))
        {
            if (Stopwatch.GetElapsedTime(start) > EndLimit)
                throw new LocalServerException($"Process {pid} already serves the data in '{folder}', and it was not started by this AppHost. End it (kill -INT {pid}) and start again.");
        }

        File.Delete(Path.Combine(folder, "postmaster.pid"));
    }

    private static string? FindProcessIn(string folder) =>
        Directory.EnumerateDirectories("/proc").FirstOrDefault(process => WorksIn(process, folder)) is { } found ? Path.GetFileName(found) : null;

    private static bool WorksIn(string process, string folder)
    {
        try
        {
            return new DirectoryInfo($"{process}/cwd").LinkTarget == folder;
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return false;
        }
    }

    /// <summary>Made beside its place and then moved there, so that an interrupted start leaves no half-made cluster.</summary>
    private async Task InitialiseAsync(ServerStart start, PostgresBinaries binaries, DataFolder data, UnixAccount? account, CancellationToken cancellationToken)
    {
        LogInitialising(start.Log, binaries.Version, data.Path);
        var half = $"{data.Path}.new";
        if (Directory.Exists(half)) Directory.Delete(half, recursive: true);
        DataFolders.Create(half);
        try
        {
            if (account is not null) await account.OwnAsync(half, cancellationToken).ConfigureAwait(false);
            var command = await InitCommandAsync(start, binaries, half, account, cancellationToken).ConfigureAwait(false);
            var result = await command.RunAsync(InitLimit, cancellationToken).ConfigureAwait(false);
            if (result.ExitCode != 0)
                throw new LocalServerException($"initdb in '{data.Path}' failed with exit code {result.ExitCode}: {result.Tail}");
            if (Directory.Exists(data.Path)) Directory.Delete(data.Path);
            Directory.Move(half, data.Path);
        }
        catch (TimeoutException slow)
        {
            throw new LocalServerException(slow.Message);
        }
        finally
        {
            if (Directory.Exists(half)) Directory.Delete(half, recursive: true);
        }
    }

    private async Task<ServerCommand> InitCommandAsync(ServerStart start, PostgresBinaries binaries, string folder, UnixAccount? account, CancellationToken cancellationToken)
    {
        var user = server.UserNameReference is { } reference ? await reference.GetValueAsync(cancellationToken).ConfigureAwait(false) : null;
        var password = await server.PasswordParameter.GetValueAsync(cancellationToken).ConfigureAwait(false);
        string[] locale = binaries.Major >= OldestWithBuiltinLocale
            ? ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            : OperatingSystem.IsLinux() ? ["--locale=C.UTF-8"] : ["--locale=C"];
        var command = new ServerCommand
        {
            Program = binaries.InitDb,
            Arguments = ["-D", folder, "-U", user!, "--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8", "--lc-messages=C", .. locale],
            WorkingDirectory = folder,
            Description = "initdb",
        };
        return command.WithInput(start, ["--pwfile"], password!).As(account);
    }

    [LoggerMessage(101, LogLevel.Information, "Creating a PostgreSQL {Version} database in {Folder}")]
    private static partial void LogInitialising(ILogger logger, string version, string folder);
}
