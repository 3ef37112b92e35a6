using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using SimulationManager.Tests.Hosting.Kubernetes;
using SimulationManager.Tests.Servers;

namespace SimulationManager.Tests.Hosting.LocalServers;

/// <summary>What cannot be started says why and what to do, and can be started once that is done.</summary>
public sealed class RefusalTests : IDisposable
{
    private const string Password = "--Parameters:postgres-password=first";
    private const string NotAvailable = "Not available";

    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Data_that_cannot_be_served_is_named_with_what_to_do_and_left_as_it_is()
    {
        string[] cases = ["good", "password", "damaged", "incomplete", "old"];
        await using (var maker = await ServerApplication.StartAsync(_folder, builder => builder.AddPostgres("postgres").WithDataVolume("good"), Password))
            await maker.HealthyAsync("postgres");
        foreach (var copy in cases[1..]) Assert.Equal(0, (await ChildProcess.RunAsync("cp", "-a", Volume("good"), Volume(copy))).ExitCode);
        var control = await File.ReadAllBytesAsync(FileIn("damaged", "global/pg_control"), Cancellation);
        await File.WriteAllBytesAsync(FileIn("damaged", "global/pg_control"), new byte[control.Length], Cancellation);
        File.Delete(FileIn("incomplete", "global/pg_control"));
        await File.WriteAllTextAsync(FileIn("old", "PG_VERSION"), "9\n", Cancellation);
        var before = FilesOf("incomplete", "old");

        await using var application = await ServerApplication.StartAsync(_folder, Describe, Password, "--Parameters:password-password=second");
        var reasons = await Task.WhenAll(cases[1..].Select(application.FailureAsync));

        Assert.Contains($"'{Volume("password")}' was made with another user name or password", reasons[0], StringComparison.Ordinal);
        Assert.DoesNotContain("second", reasons[0], StringComparison.Ordinal);
        Assert.Contains("'damaged' ended right after its start", reasons[1], StringComparison.Ordinal);
        Assert.Matches("FATAL|PANIC", reasons[1]);
        Assert.Contains($"'{Volume("incomplete")}' is not empty, but it is no complete PostgreSQL data folder", reasons[2], StringComparison.Ordinal);
        Assert.Contains("move it away", reasons[2], StringComparison.Ordinal);
        Assert.Contains($"'{Volume("old")}' was written by PostgreSQL 9", reasons[3], StringComparison.Ordinal);
        Assert.Equal(before, FilesOf("incomplete", "old"));

        await File.WriteAllBytesAsync(FileIn("damaged", "global/pg_control"), control, Cancellation);
        await application.ExecuteAsync("damaged", KnownResourceCommands.StartCommand);
        await application.HealthyAsync("damaged");

        void Describe(IDistributedApplicationBuilder builder)
        {
            var password = builder.AddParameter("postgres-password", secret: true);
            builder.AddPostgres("password").WithDataVolume("password");
            foreach (var name in cases[2..]) builder.AddPostgres(name, password: password).WithDataVolume(name);
        }
    }

    [Fact]
    public async Task Folder_that_the_servers_account_may_not_enter_is_named_with_the_command_that_mends_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && OperatingSystem.IsLinux(), "only root has servers run as another user");
        var locked = Directory.CreateDirectory(Path.Combine(_folder.Path, "locked")).FullName;
        Assert.Equal(0, (await ChildProcess.RunAsync("chmod", "700", locked)).ExitCode);

        await using var application = await ServerApplication.StartAsync(_folder, builder => builder.AddPostgres("postgres").WithDataBindMount(Path.Combine(locked, "data")), Password);
        var reason = await application.FailureAsync("postgres");

        Assert.Contains($"Run 'chmod o+x {locked}'", reason, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(locked));
        Assert.Equal(0, (await ChildProcess.RunAsync("chmod", "o+x", locked)).ExitCode);
        await application.ExecuteAsync("postgres", KnownResourceCommands.StartCommand);
        await application.HealthyAsync("postgres");
    }

    [Fact]
    public async Task Port_that_stays_taken_names_its_holder_and_one_that_gets_free_is_waited_for()
    {
        using var kept = Listen();
        using var freed = Listen();
        await using var application = ServerApplication.Begin(_folder, builder =>
        {
            builder.AddRedis("refused", PortOf(kept));
            var patient = builder.AddRedis("patient", PortOf(freed));
            builder.AddExecutable("client", "sleep", ".", "600").WaitFor(patient);
        });
        await application.InStateAsync("client", KnownResourceStates.Waiting);
        await application.InStateAsync("patient", KnownResourceStates.Starting);

        var port = PortOf(freed);
        freed.Stop();

        await application.HealthyAsync("patient");
        await application.InStateAsync("client", KnownResourceStates.Running);
        Assert.Contains(await application.LogAsync("patient"), line => line.Contains($"Port {port} of 'patient' is in use by process {Environment.ProcessId} (", StringComparison.Ordinal));
        var reason = await application.FailureAsync("refused");
        Assert.Contains($"Port {PortOf(kept)} of 'refused' is already in use by process {Environment.ProcessId} (", reason, StringComparison.Ordinal);
        Assert.Contains("--Ports:refused=<port>", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_application_on_the_same_data_names_the_process_of_the_first_and_can_go_on_after_it()
    {
        var first = await ServerApplication.StartAsync(_folder, Describe);
        await using var second = await ServerApplication.StartAsync(_folder, Describe);
        var reason = await second.FailureAsync("redis");

        Assert.Contains($"Another AppHost (process {Environment.ProcessId}) is running and uses the data in '{Volume("shared")}'", reason, StringComparison.Ordinal);
        Assert.Contains("--LocalServers:DataRoot=<folder>", reason, StringComparison.Ordinal);
        await first.DisposeAsync();
        await second.ExecuteAsync("redis", KnownResourceCommands.StartCommand);
        await second.HealthyAsync("redis");

        static void Describe(IDistributedApplicationBuilder builder) => builder.AddRedis("redis").WithDataVolume("shared");
    }

    [Fact]
    public async Task What_nothing_here_can_run_is_not_available_if_nothing_waits_for_it_and_has_failed_if_something_does()
    {
        await using var application = await ServerApplication.StartAsync(_folder, builder =>
        {
            builder.AddContainer("extra", "example.org/nobody-has-it");
            var needed = builder.AddContainer("needed", "example.org/nobody-has-it");
            builder.AddExecutable("client", "true", ".").WaitFor(needed);
        });

        await application.InStateAsync("extra", NotAvailable);
        var reason = await application.FailureAsync("needed");

        Assert.Contains("Nothing but a container can run 'needed'. Install podman or docker", reason, StringComparison.Ordinal);
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private string Volume(string name) => Path.Combine(_folder.Path, "volumes", name);

    private string FileIn(string volume, string path) => Path.Combine(Volume(volume), path);

    private string[] FilesOf(params string[] volumes) =>
        [.. volumes.SelectMany(volume => Directory.EnumerateFiles(Volume(volume), "*", SearchOption.AllDirectories)).Order(StringComparer.Ordinal)];
}
