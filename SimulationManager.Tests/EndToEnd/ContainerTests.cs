using SimulationManager.Tests.Api;
using SimulationManager.Tests.Hosting.Kubernetes;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.EndToEnd;

/// <summary>
/// The same AppHost with podman: its backing servers are containers, and their data is in volumes. Where the images cannot be
/// pulled, stand-ins of the same names are made from programs of this machine and removed afterwards.
/// </summary>
[Trait("Length", "Long")]
[Collection(nameof(AppHostCollection))]
public sealed class ContainerTests : IAsyncLifetime
{
    private const string Email = "kept@tests.example";
    private const string VolumeFilter = "name=simulationmanager.apphost-";

    private static readonly string[] Images = ["docker.io/library/postgres:17.6", "docker.io/library/redis:8.6", "docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", "docker.io/library/eclipse-mosquitto:2.0.22", "docker.io/prom/prometheus:latest"];

    private readonly TestFolder _data = new();
    private readonly Dictionary<string, string> _environment = new() { ["ASPIRE_CONTAINER_RUNTIME"] = "podman" };
    private readonly List<string> _made = [];
    private bool _isReady;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && ChildProcess.IsOnPath("podman") && ChildProcess.IsOnPath("runc"), "needs root, podman and runc");
        _environment["CONTAINERS_CONF"] = Environment.GetEnvironmentVariable("CONTAINERS_CONF") ?? Repository.PathOf("deploy/containers.conf");
        Assert.SkipUnless(await PodmanAsync("volume", "ls", "--quiet", "--filter", VolumeFilter) == "", "volumes of an AppHost are there, which are not a test's to change");
        await MakeImagesAsync();
        _isReady = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isReady)
        {
            foreach (var volume in (await PodmanAsync("volume", "ls", "--quiet", "--filter", VolumeFilter)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                await PodmanAsync("volume", "rm", "--force", volume);
            foreach (var image in _made) await PodmanAsync("rmi", "--force", image);
        }

        _data.Dispose();
    }

    [Fact]
    public async Task Backing_servers_run_as_containers_and_a_second_start_finds_the_data_in_their_volumes()
    {
        await using (var first = await AppHostProcess.StartAsync(_data, _environment))
        {
            var running = await PodmanAsync("ps", "--format", "{{.Image}}");
            Assert.All(Images[..4], image => Assert.Contains(image, running, StringComparison.Ordinal));
            Assert.DoesNotContain("runs as a process", first.Output, StringComparison.Ordinal);
            using var user = new ApiClient(first.Api);
            await user.SignedInAsync(Email, "general");

            await first.EndAsync("INT");
        }

        // The orchestrator outlives the AppHost until it has removed them.
        await Wait.UntilAsync(async () => await PodmanAsync("ps", "--all", "--quiet") == "", TimeSpan.FromSeconds(60), "the containers to be removed");
        await using var second = await AppHostProcess.StartAsync(_data, _environment);
        using var again = new ApiClient(second.Api);
        await again.SignInAsync(Email);
        await second.EndAsync("INT");
    }

    private async Task MakeImagesAsync()
    {
        var missing = new List<string>();
        foreach (var image in Images)
            if ((await ChildProcess.RunAsync("podman", ["image", "exists", image], _environment)).ExitCode != 0) missing.Add(image);
        if (missing.Count == 0) return;
        var made = await ChildProcess.RunAsync("bash", [Repository.PathOf("SimulationManager.Tests/Hosting/LocalServers/images/make-local-images.sh"), AppContext.BaseDirectory], _environment);
        Assert.SkipUnless(made.ExitCode == 0, $"stand-ins for the images could not be made: {made.Errors}");
        _made.AddRange(missing);
    }

    private async Task<string> PodmanAsync(params string[] arguments)
    {
        var ended = await ChildProcess.RunAsync("podman", arguments, _environment);
        Assert.True(ended.ExitCode == 0, ended.Errors);
        return ended.Output;
    }
}
