using System.Text.RegularExpressions;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary><c>deploy/images.sh</c>: building our images and bringing them to nodes that have none.</summary>
[Trait("Length", "Long")]
public sealed partial class ImagesScriptTests
{
    private const string Script = "deploy/install.sh";

    private static readonly (string, string) _emptyNodes = ("FAKE_EMPTY_NODES", "true");

    private static readonly string _version = File.ReadAllText(Repository.PathOf(".version")).Trim();

    private static readonly string[] _loaded = [$"localhost/simulationmanager-api:{_version}", $"localhost/simulationmanager-worker:{_version}"];

    /// <summary>The block is for a reader who has nothing but a cluster tool, so it is taken from the page and run line by line.</summary>
    [Fact]
    public async Task First_block_of_the_page_brings_the_system_up_in_an_empty_cluster()
    {
        using var cluster = new FakeCluster();
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs/kubernetes.md"), TestContext.Current.CancellationToken);
        var lines = FirstBlock().Match(page).Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        foreach (var line in lines)
        {
            var result = await cluster.RunAsync(line, settings: _emptyNodes);
            Assert.True(result.ExitCode == 0, $"{line}\n{result.Output}{result.Errors}");
        }

        Assert.Contains(lines, line => line.StartsWith("deploy/install.sh --build --load kind", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("deploy/server-renew.sh", StringComparison.Ordinal));
        Assert.Equal(4, cluster.Images.Length);
        Assert.DoesNotContain(cluster.Applied.Keys, name => name.StartsWith("Deployment:robot", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("kind", "kind load image-archive ")]
    [InlineData("minikube", "minikube image load ")]
    [InlineData("k3s", "k3s ctr images import ")]
    [InlineData("containerd", "ctr -n k8s.io images import ")]
    public async Task Installation_builds_the_images_and_loads_them_into_the_nodes(string tool, string command)
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, $"--build --load {tool}", _emptyNodes);

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Equal(2, cluster.Log.Count(line => line.StartsWith(command, StringComparison.Ordinal)));
        Assert.Equal(_loaded, cluster.Images);
    }

    [Fact]
    public async Task Images_are_loaded_into_the_cluster_of_the_context()
    {
        using var cluster = new FakeCluster();

        await cluster.RunAsync(Script, "--build --load kind --context kind-berlin --dry-run");
        var result = await cluster.RunAsync(Script, "--build --load kind --context kind-berlin");

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.All(cluster.Log.Where(line => line.StartsWith("kind ", StringComparison.Ordinal)), line => Assert.EndsWith(" --name berlin", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("podman")]
    [InlineData("docker")]
    public async Task Engine_builds_under_the_name_of_the_manifests_and_its_archive_is_loaded(string engine)
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, $"--build --builder {engine} --load kind", _emptyNodes);

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Contains(cluster.Log, line => line.StartsWith($"{engine} build ", StringComparison.Ordinal) && line.Contains($"--target api -t localhost/simulationmanager-api:{_version} ", StringComparison.Ordinal));
        Assert.Equal(_loaded, cluster.Images);
    }

    [Fact]
    public async Task Engine_gets_the_files_for_DDS_from_a_folder_of_the_repository()
    {
        using var cluster = new FakeCluster();

        var outside = await cluster.RunAsync(Script, "--build --builder podman --load kind", _emptyNodes, ("DdsFiles", "/tmp/dds"));
        var inside = await cluster.RunAsync(Script, "--build --builder podman --load kind", _emptyNodes, ("DdsFiles", cluster.PathOf("dds")));

        Assert.Contains("DdsFiles is '/tmp/dds', which a build by podman does not see", outside.Errors, StringComparison.Ordinal);
        Assert.True(inside.ExitCode == 0, inside.Output + inside.Errors);
        Assert.Contains(cluster.Log, line => line.StartsWith("podman build ", StringComparison.Ordinal) && line.Contains("--target worker ", StringComparison.Ordinal) && line.Contains(" --build-arg DDS_FILES=dds ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("dotnet")]
    [InlineData("podman")]
    public async Task Images_of_an_environment_with_a_registry_are_pushed_there(string builder)
    {
        using var cluster = await WithAsync("""{"overlay":"dev","registry":"registry.example.org:5000/team"}""");

        var result = await cluster.RunAsync(Script, $"--build --builder {builder}", _emptyNodes);

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Equal([$"registry.example.org:5000/team/simulationmanager-api:{_version}", $"registry.example.org:5000/team/simulationmanager-worker:{_version}"], cluster.Images);
    }

    [Fact]
    public async Task Installation_without_the_images_says_what_to_do()
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, "--timeout 2", _emptyNodes);
        var advised = await cluster.RunAsync(Script, "--overlay dev --build --load kind", _emptyNodes);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains($"localhost/simulationmanager-api:{_version}", result.Errors, StringComparison.Ordinal);
        Assert.Contains("deploy/install.sh --overlay dev --build --load kind", result.Errors, StringComparison.Ordinal);
        Assert.True(advised.ExitCode == 0, advised.Output + advised.Errors);
    }

    /// <summary>A node that has an image of that version would not take the new one, and the migration of that version is done.</summary>
    [Fact]
    public async Task Version_that_is_installed_is_not_built_again()
    {
        using var cluster = await FakeCluster.InstalledAsync();

        var result = await cluster.RunAsync(Script, "--build --load kind");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains($"version {_version} is in use already", result.Errors, StringComparison.Ordinal);
        Assert.Contains("deploy/server-renew.sh", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("dotnet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Version_that_the_registry_has_is_not_built_again()
    {
        using var cluster = await WithAsync("""{"overlay":"dev","registry":"registry.example.org"}""");
        cluster.Push($"registry.example.org/simulationmanager-worker:{_version}");

        var result = await cluster.RunAsync(Script, "--build");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains($"is in use already (registry.example.org/simulationmanager-worker:{_version})", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FAIL_DOTNET", "SimulationManager.Worker.csproj")]
    [InlineData("FAIL_TOOL", "kind load image-archive")]
    public async Task Failure_of_a_tool_ends_the_installation_before_the_cluster_is_touched(string name, string value)
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, "--build --load kind", (name, value));

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("FAILED: Image: ", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("kubectl apply", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"overlay":"dev","registry":"registry.example.org"}""", "--build --load kind", "has the registry registry.example.org")]
    [InlineData("""{"overlay":"dev","images":{"api":"mirror.example.org/api:7"}}""", "--build --load kind", "sets the image of api itself (mirror.example.org/api:7)")]
    [InlineData("""{"overlay":"dev"}""", "--load kind", "go with --build")]
    [InlineData("""{"overlay":"dev"}""", "--build --load ship", "kind, minikube, k3s or containerd")]
    [InlineData("""{"overlay":"dev"}""", "--build --builder make", "dotnet, docker or podman")]
    public async Task Options_that_do_not_fit_the_environment_are_refused(string environment, string options, string message)
    {
        using var cluster = await WithAsync(environment);

        var result = await cluster.RunAsync(Script, options);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("dotnet", StringComparison.Ordinal));
    }

    private static async Task<FakeCluster> WithAsync(string environment)
    {
        var cluster = new FakeCluster();
        await File.WriteAllTextAsync(cluster.PathOf("deploy/environments/dev.json"), environment);
        cluster.SetVersion(_version);
        return cluster;
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex FirstBlock();
}
