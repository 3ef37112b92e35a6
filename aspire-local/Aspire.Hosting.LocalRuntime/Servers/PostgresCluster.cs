using System.Globalization;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>One PostgreSQL data folder and the server on it, whoever brought the binaries.</summary>
internal sealed class PostgresCluster(RealisationContext context, PostgresBinaries binaries)
{
    /// <summary>Where the official image keeps its data; mounts name it.</summary>
    public const string ImageDataFolder = "/var/lib/postgresql/data";

    private const int OldestWithBuiltinLocale = 17;

    private static readonly TimeSpan InitLimit = TimeSpan.FromMinutes(2);

    /// <summary>Recovery after a crash may take its time; the server says meanwhile what it does.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);

    /// <summary>The major version that wrote the folder; null when there is no readable cluster in it.</summary>
    public static int? DataMajorVersion(string folder) =>
        File.Exists(Path.Combine(folder, "PG_VERSION")) && PostgresBinaries.MajorOf(File.ReadAllText(Path.Combine(folder, "PG_VERSION")).Trim()) is > 0 and var major
            ? major
            : null;

    /// <exception cref="ServerFailedException">The data is unusable, the password is not the data's, or the server did not start.</exception>
    public async Task<ILaunched> StartAsync(ServerRequest request, DataMount data, CancellationToken cancellationToken)
    {
        var account = FindAccount();
        var isNew = data.IsEmpty;
        if (isNew)
            await InitialiseAsync(request, data, account, cancellationToken).ConfigureAwait(false);
        else
            CheckData(data.Folder);
        RemoveStaleLock(data.Folder);

        var port = request.Ports[0].HostPort;
        var server = await ServerProcess.StartAsync(ServerRequestFor(request, data, port, account), [port], data, context, cancellationToken).ConfigureAwait(false);
        try
        {
            var probe = new PostgresProbe(port, request.UserName, request.Password);
            await server.WaitUntilReadyAsync(probe.IsReadyAsync, StartLimit, context, cancellationToken).ConfigureAwait(false);
        }
        catch (PasswordRefusedException)
        {
            throw new ServerFailedException(
                $"the server runs on the data in '{data.Folder}', but that data was made with another user name or password than the ones set now for '{request.UserName}'.",
                "Set the old user name and password again (a generated one is kept in the AppHost's user secrets), or move that folder away to start with an empty database.");
        }
        catch (ServerFailedException failed)
        {
            throw new ServerFailedException($"{failed.Message} Its data is in '{data.Folder}'.", DataAdvice);
        }

        return server;
    }

    private const string DataAdvice =
        "If its last words speak of damaged or missing files, restore the folder from a backup, or move it away to start with an empty database; it was left as it is.";

    private static UnixAccount? FindAccount()
    {
        try
        {
            return UnixAccount.ForUnprivileged();
        }
        catch (InvalidOperationException none)
        {
            throw new ServerFailedException(none.Message);
        }
    }

    private void CheckData(string folder)
    {
        var isCluster = File.Exists(Path.Combine(folder, "PG_VERSION")) && File.Exists(Path.Combine(folder, "global", "pg_control"));
        if (!isCluster || DataMajorVersion(folder) is not { } major)
        {
            throw new ServerFailedException(
                $"the folder '{folder}' is not empty, but it is no complete PostgreSQL data folder: PG_VERSION or global/pg_control is missing or unreadable.",
                "Restore it from a backup, or move it away to start with an empty database; it was left as it is.");
        }

        if (major != binaries.Major)
        {
            throw new ServerFailedException(
                $"the data in '{folder}' was written by PostgreSQL {major}, which {binaries.Version} cannot read.",
                $"Install PostgreSQL {major}, or dump and restore the data, or move the folder away to start with an empty database.");
        }
    }

    /// <summary>
    /// After a crash the server trusts postmaster.pid if <em>any</em> process of its account has that number now. We know better: our
    /// session lock is held, so only a server whose working directory is the folder can be the one.
    /// </summary>
    private static void RemoveStaleLock(string folder)
    {
        var path = Path.Combine(folder, "postmaster.pid");
        if (!File.Exists(path) || !OperatingSystem.IsLinux())
            return;
        var isKnown = int.TryParse(File.ReadLines(path).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid);
        if (isKnown && Directory.Exists($"/proc/{pid}") && new DirectoryInfo($"/proc/{pid}/cwd").ResolveLinkTarget(returnFinalTarget: false)?.FullName == folder)
        {
            throw new ServerFailedException(
                $"process {pid} already serves the data in '{folder}', and it was not started by this AppHost.", $"End it (kill -INT {pid}) and start again.");
        }

        File.Delete(path);
    }

    /// <summary>Made beside its place and then moved there, so that an interrupted start leaves no half-made cluster.</summary>
    private async Task InitialiseAsync(ServerRequest request, DataMount data, UnixAccount? account, CancellationToken cancellationToken)
    {
        request.OnProgress($"'{request.ResourceName}': creating a PostgreSQL {binaries.Version} database in {data.Folder}");
        var half = $"{data.Folder.TrimEnd('/')}.new";
        if (Directory.Exists(half))
            Directory.Delete(half, recursive: true);
        DataRoot.CreatePrivateFolder(half, account);
        var passwordFile = context.Root.TemporaryFolder(request.ResourceName);
        DataRoot.WritePrivateFile(passwordFile, request.Password + "\n", account);
        try
        {
            var result = await context.Launcher.RunToolAsync(InitRequest(request, half, passwordFile), InitLimit, context.Clock, cancellationToken).ConfigureAwait(false);
            if (result.ExitCode != 0)
                throw new ServerFailedException($"initdb in '{data.Folder}' failed with exit code {result.ExitCode}: {result.Tail}", FolderAdvice(account));
            if (Directory.Exists(data.Folder))
                Directory.Delete(data.Folder);
            Directory.Move(half, data.Folder);
        }
        catch (Exception failed) when (failed is TimeoutException or LaunchFailedException)
        {
            throw new ServerFailedException(failed.Message);
        }
        finally
        {
            File.Delete(passwordFile);
            if (Directory.Exists(half))
                Directory.Delete(half, recursive: true);
        }
    }

    private static string FolderAdvice(UnixAccount? account) => account is null
        ? ""
        : $"As root the server runs as '{account.Name}', which must be able to reach that folder; {DataRoot.Setting} can name another one.";

    private ProcessRequest InitRequest(ServerRequest request, string folder, string passwordFile) => new()
    {
        Name = $"{request.ResourceName} (initdb)",
        FileName = binaries.InitDb,
        Arguments =
        [
            "-D", folder, "-U", request.UserName, $"--pwfile={passwordFile}", "--auth-local=scram-sha-256", "--auth-host=scram-sha-256",
            "--encoding=UTF8", "--lc-messages=C", .. LocaleArguments(),
        ],
        WorkingDirectory = folder,
        DropRoot = true,
        OnOutput = request.OnOutput,
    };

    private string[] LocaleArguments()
    {
        if (binaries.Major >= OldestWithBuiltinLocale)
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
        return OperatingSystem.IsLinux() ? ["--locale=C.UTF-8"] : ["--locale=C"];
    }

    private ProcessRequest ServerRequestFor(ServerRequest request, DataMount data, int port, UnixAccount? account) => new()
    {
        Name = request.ResourceName,
        FileName = binaries.Server,
        Arguments =
        [
            "-D", data.Folder,
            "-c", "listen_addresses=127.0.0.1",
            "-c", string.Create(CultureInfo.InvariantCulture, $"port={port}"),
            "-c", "unix_socket_directories=",
            "-c", "logging_collector=off",
        ],
        WorkingDirectory = data.Folder,
        DropRoot = account is not null,
        StopWithInterrupt = true,
        OnOutput = request.OnOutput,
    };
}
