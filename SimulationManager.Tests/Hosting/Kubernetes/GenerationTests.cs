using System.Text.Json.Nodes;
using k8s.Models;
using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The generator itself, on the manifest that Aspire writes for this graph.</summary>
public sealed class GenerationTests
{
    private static readonly string _reference = File.ReadAllText(ManifestTests.Reference);

    [Fact]
    public void Generation_gives_the_same_bytes_every_time() => Assert.Equal(Generate().Files, Generate().Files);

    [Fact]
    public void Committed_files_are_what_the_manifest_file_gives()
    {
        var version = File.ReadAllText(Repository.PathOf(".version")).Trim();

        Assert.Empty(Generate(settings: SystemSettings.Of(version)).Drift(Repository.PathOf("aspirate-output")));
    }

    [Fact]
    public async Task Committed_files_are_what_our_own_graph_gives()
    {
        var result = await ChildProcess.RunAsync("dotnet", AppHostPath, "generate", "--check");

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
    }

    [Fact]
    public void Drift_names_files_that_were_edited_added_or_removed_by_hand()
    {
        var folder = Directory.CreateTempSubdirectory("output-");
        try
        {
            var tree = Generate();
            tree.Write(folder.FullName);
            Assert.Empty(tree.Drift(folder.FullName));
            File.AppendAllText(Path.Combine(folder.FullName, "api", "deployment.yaml"), "# mine\n");
            File.WriteAllText(Path.Combine(folder.FullName, "extra.yaml"), "");
            File.Delete(Path.Combine(folder.FullName, "kustomization.yaml"));

            Assert.Equal(["api/deployment.yaml", "extra.yaml", "kustomization.yaml"], tree.Drift(folder.FullName).Order());
            tree.Write(folder.FullName);
            Assert.Empty(tree.Drift(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Command_writes_the_folder_from_a_manifest_file()
    {
        var folder = Directory.CreateTempSubdirectory("output-");
        try
        {
            var result = await ChildProcess.RunAsync("dotnet", AppHostPath, "generate", "--manifest", ManifestTests.Reference, "--output", folder.FullName);

            Assert.True(result.ExitCode == 0, result.Errors);
            Assert.True(File.Exists(Path.Combine(folder.FullName, "kustomization.yaml")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Publishing_with_Aspire_writes_the_committed_files_and_nothing_else()
    {
        var folder = Directory.CreateTempSubdirectory("output-");
        try
        {
            var result = await ChildProcess.RunAsync("dotnet", AppHostPath, "--operation", "publish", "--step", "publish", "--output-path", folder.FullName);

            Assert.True(result.ExitCode == 0, result.Output + result.Errors);
            Assert.Equal(Contents(Repository.PathOf("aspirate-output")), Contents(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("no manifest file", "--manifest", "/no/such/file")]
    [InlineData("--colour", "--colour", "red")]
    [InlineData("lacks its value", "--version")]
    [InlineData("no environment in '/no/such/folder'", "--environments", "/no/such/folder")]
    [InlineData("kustomization.yaml", "--check", "--output", "deploy")]
    public async Task Command_that_cannot_do_as_told_ends_with_1_and_says_why_in_plain_words(string message, params string[] options)
    {
        var result = await ChildProcess.RunAsync("dotnet", [AppHostPath, "generate", .. options], environment: null);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public void Folder_of_other_files_is_not_emptied()
    {
        var folder = Directory.CreateTempSubdirectory("output-");
        try
        {
            var file = Path.Combine(folder.FullName, "thesis.txt");
            File.WriteAllText(file, "");

            Assert.Contains("no manifests", Assert.Throws<GenerationException>(() => Generate().Write(folder.FullName)).Message, StringComparison.Ordinal);
            Assert.Equal([file], Directory.EnumerateFileSystemEntries(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("not json", "not valid JSON")]
    [InlineData("{}", "no \"resources\"")]
    [InlineData("""{"resources":{"x":{"type":"azure.bicep.v0"}}}""", "azure.bicep.v0")]
    [InlineData("""{"resources":{"x":{"type":"container.v0"}}}""", "names no image")]
    [InlineData("""{"resources":{"x":{"type":"container.v0","image":"x:1"}}}""", "SystemSettings.cs")]
    public void Manifest_that_cannot_be_used_is_refused_with_the_reason(string json, string reason)
    {
        var exception = Assert.Throws<GenerationException>(() => Generate(json));

        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reference_to_nothing_is_refused() =>
        Assert.Throws<GenerationException>(() => Generate(Changed(resources => resources["api"]!["env"]!["X"] = "{nobody.bindings.http.host}")));

    [Fact]
    public void Image_that_moves_is_refused() =>
        Assert.Throws<GenerationException>(() => Generate(Changed(resources => resources["minio"]!["image"] = "docker.io/minio/minio:latest")));

    [Fact]
    public void File_of_the_development_machine_is_refused_unless_the_settings_bring_it() =>
        Assert.Throws<GenerationException>(() => Generate(Changed(resources => resources["redis"]!["bindMounts"] = new JsonArray(new JsonObject { ["source"] = "x", ["target"] = "/etc/x" }))));

    [Fact]
    public void Production_refuses_a_metrics_server_that_trusts_any_kubelet()
    {
        var settings = SystemSettings.Of("1.0.0");
        var insecure = settings with { MetricsServer = settings.MetricsServer with { Arguments = [.. settings.MetricsServer.Arguments, MetricsServerSettings.InsecureSwitch] } };

        Assert.Contains("--kubelet-insecure-tls", Assert.Throws<GenerationException>(() => Generate(settings: insecure)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis-server --save 60 1", "exec redis-server --save 60 1 --appendonly yes")]
    [InlineData("mkdir -p /data/x; exec redis-server", "mkdir -p /data/x; exec redis-server --appendonly yes")]
    [InlineData("exec redis-server", "exec redis-server --appendonly yes")]
    [InlineData("redis-server & wait", null)]
    [InlineData("redis-server | tee log", null)]
    public void Server_takes_the_place_of_the_shell_that_starts_it_or_the_manifest_is_refused(string script, string? expected)
    {
        var manifest = Changed(resources => resources["redis"]!["args"]![1] = script);

        if (expected is null) Assert.Contains("SIGTERM", Assert.Throws<GenerationException>(() => Generate(manifest)).Message, StringComparison.Ordinal);
        else Assert.Contains($"\"{expected}\"", Generate(manifest).Files["redis/statefulset.yaml"], StringComparison.Ordinal);
    }

    [Fact]
    public void Known_proxy_that_is_no_network_is_refused()
    {
        var settings = SystemSettings.Of("1.0.0");

        var exception = Assert.Throws<GenerationException>(() => Generate(settings: settings with { Production = settings.Production with { KnownProxies = ["ingress-nginx"] } }));

        Assert.Contains("'ingress-nginx' is no network", exception.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, Func<ClusterSettings, ClusterSettings>> ChangesOfJobs => new()
    {
        { "migration/job.yaml", "memory", settings => WithApi(settings, settings.Workloads["api"] with { Requests = new ComputeSize("100m", "300Mi") }) },
        { "migration/job.yaml", "setting", settings => WithApi(settings, settings.Workloads["api"] with { Environment = new Dictionary<string, string> { ["New"] = "1" } }) },
        { "components/host-volumes/host-folders-job.yaml", "image", settings => settings with { Development = settings.Development with { FolderImage = "docker.io/library/busybox:1.38.0" } } },
    };

    /// <summary>The pods of a job that exists cannot be changed.</summary>
    [Theory, MemberData(nameof(ChangesOfJobs))]
    public void Job_with_other_pods_has_another_name(string file, string what, Func<ClusterSettings, ClusterSettings> change)
    {
        var settings = SystemSettings.Of("1.0.0");

        Assert.Equal(NameIn(Generate(settings: settings).Files[file]), NameIn(Generate(settings: SystemSettings.Of("1.0.0")).Files[file]));
        Assert.True(NameIn(Generate(settings: settings).Files[file]) != NameIn(Generate(settings: change(settings)).Files[file]), $"another {what}, but the same name");
    }

    [Fact]
    public void Every_braced_part_of_a_manifest_string_is_a_reference_and_doubled_braces_are_text() =>
        Assert.Equal(
            [new ExpressionPart("a{b}", false), new ExpressionPart("c.value", true), new ExpressionPart("d", false)],
            ManifestExpression.Parse("a{{b}}{c.value}d"));

    internal static string AppHostPath => Path.Combine(Repository.OutputOf("AppHost"), "SimulationManager.AppHost.dll");

    private static SimulationManager.Hosting.Kubernetes.Output.OutputTree Generate(string? json = null, ClusterSettings? settings = null) =>
        ManifestGeneration.Generate(AspireManifest.Parse(json ?? _reference), settings ?? SystemSettings.Of("1.0.0"), EnvironmentFile.ReadAll(Repository.PathOf(EnvironmentFile.DefaultFolder)));

    private static ClusterSettings WithApi(ClusterSettings settings, WorkloadSettings api) =>
        settings with { Workloads = new Dictionary<string, WorkloadSettings>(settings.Workloads) { ["api"] = api } };

    private static string NameIn(string job) => job.Split('\n').Select(line => line.Trim()).First(line => line.Contains("migration-1-0-0", StringComparison.Ordinal) || line.StartsWith("name: host-folders", StringComparison.Ordinal));

    private static SortedDictionary<string, string> Contents(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(folder, file), File.ReadAllText), StringComparer.Ordinal);

    private static string Changed(Action<JsonNode> change)
    {
        var manifest = JsonNode.Parse(_reference)!;
        change(manifest["resources"]!);
        return manifest.ToJsonString();
    }
}
