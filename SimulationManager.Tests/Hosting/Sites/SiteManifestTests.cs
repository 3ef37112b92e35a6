using k8s.Models;
using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;
using SimulationManager.Hosting.Sites;
using SimulationManager.Tests.Hosting.Kubernetes;

namespace SimulationManager.Tests.Hosting.Sites;

/// <summary>The manifests of an AppHost that is set up with sites: what the workers may reach, and what they are given.</summary>
public sealed class SiteManifestTests : IDisposable
{
    private const string Password = "never-in-a-manifest";

    private static readonly Dictionary<string, string> _sites = new()
    {
        ["Sites__Egress__0__cidr"] = "10.20.0.0/16",
        ["Sites__Egress__0__ports__0"] = "8883",
        ["Sites__Egress__1__cidr"] = "192.0.2.7/32",
        ["Sites__Egress__1__ports__0"] = "1883",
        ["Sites__Dds__0__cidr"] = "10.30.0.0/24",
        ["Sites__Dds__0__domains__0"] = "42",
        ["Sites__Dds__1__cidr"] = "192.0.2.8/32",
        ["Sites__Dds__1__domains__0"] = "0",
        ["Sites__Dds__1__domains__1"] = "232",
        ["Sites__Credentials__0"] = "plant-a",
        ["Sites__Certificates__plant-a__0"] = "ca.crt",
        ["Sites__Certificates__plant-a__1"] = "tls.crt",
        ["Sites__Certificates__plant-a__2"] = "tls.key",
        ["Sites__Certificates__c__0"] = "ca.crt",
        // As a developer has it in the user secrets.
        ["Parameters__site-plant-a-username"] = "robots",
        ["Parameters__site-plant-a-password"] = Password,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("simulationmanager-sites-").FullName;

    private string Output => Path.Combine(_folder, "aspirate-output");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Workers_reach_the_sites_and_have_their_credentials_in_every_kind_of_cluster()
    {
        var generated = await GenerateAsync(_sites);
        Assert.True(generated.ExitCode == 0, generated.Output + generated.Errors);
        Assert.All(Directory.EnumerateFiles(Output, "*", SearchOption.AllDirectories), file => Assert.DoesNotContain(Password, File.ReadAllText(file), StringComparison.Ordinal));

        foreach (var overlay in (string[])["", "overlays/dev", "overlays/prod", "overlays/prod-minio"])
        {
            var objects = await BuildAsync(overlay);

            AssertPolicy(objects);
            AssertDdsPolicy(objects);
            AssertWorker(objects);
            Assert.All(Checks.All, check => Assert.Empty(check.Value(objects)));
            var secrets = await File.ReadAllTextAsync(Path.Combine(Output, overlay, SecretList.FileName), TestContext.Current.CancellationToken);
            Assert.Contains("site-plant-a\tpassword\tgiven\tpassword at the brokers of plant-a\nsite-plant-a\tusername\tgiven\tuser name at the brokers of plant-a\n", secrets, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Sites__Egress__0__ports__0", "mqtts", "The setting 'Sites:Egress:0:ports:0' is 'mqtts', which is no port")]
    [InlineData("Sites__Credentials__0", "Plant A", "The setting 'Sites:Credentials:0' is 'Plant A'")]
    public async Task Setting_that_is_not_right_ends_the_command_with_the_reason_in_plain_words(string name, string value, string reason)
    {
        var result = await GenerateAsync(new Dictionary<string, string>(_sites) { [name] = value });

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(reason, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void Manifest_of_other_settings_is_refused()
    {
        var manifest = AspireManifest.Parse(File.ReadAllText(ManifestTests.Reference));

        var refused = Assert.Throws<GenerationException>(() => SystemSettings.Of("1.0.0").With(SiteSettingsTests.Read("""{"Credentials":["plant-a"]}"""), manifest));

        Assert.Contains("'site-plant-a-username'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Installation_asks_for_a_sites_login_and_keeps_what_it_was_given()
    {
        Assert.Equal(0, (await GenerateAsync(_sites)).ExitCode);
        using var cluster = new FakeCluster();
        var values = cluster.PathOf("values");
        await File.WriteAllTextAsync(values, $"site-plant-a/username=robots\nsite-plant-a/password={Password}\n", TestContext.Current.CancellationToken);

        var missing = await cluster.RunAsync("deploy/install.sh", $"--manifests {Output}");
        var installed = await cluster.RunAsync("deploy/install.sh", $"--manifests {Output} --secrets-file {values}");

        Assert.Contains("needs 'site-plant-a/password' (password at the brokers of plant-a)", missing.Errors, StringComparison.Ordinal);
        Assert.True(installed.ExitCode == 0, installed.Output + installed.Errors);
        Assert.Equal(Password, cluster.Secret("site-plant-a", "password"));
        Assert.DoesNotContain(Password, installed.Output + installed.Errors + string.Join('\n', cluster.Log), StringComparison.Ordinal);
    }

    private static void AssertPolicy(ClusterObjects objects)
    {
        var policy = objects.Find<V1NetworkPolicy>("worker-sites");

        Assert.Equal("worker", policy.Spec.PodSelector.MatchLabels["app.kubernetes.io/name"]);
        Assert.Equal(["Egress"], policy.Spec.PolicyTypes);
        Assert.Equal(
            ["10.20.0.0/16 TCP 8883", "192.0.2.7/32 TCP 1883"],
            policy.Spec.Egress.Select(rule => $"{Assert.Single(rule.To).IpBlock.Cidr} {Assert.Single(rule.Ports).Protocol} {rule.Ports[0].Port.Value}"));
        Assert.Equal(["worker -> *:1883", "worker -> *:8883"], NetworkChecks.Allowed(objects).Where(edge => edge.EndsWith("*:1883", StringComparison.Ordinal) || edge.EndsWith("*:8883", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>Participants send to each other's ports, of which each domain has 250.</summary>
    private static void AssertDdsPolicy(ClusterObjects objects)
    {
        var policy = objects.Find<V1NetworkPolicy>("worker-dds");

        Assert.Equal("worker", policy.Spec.PodSelector.MatchLabels["app.kubernetes.io/name"]);
        Assert.Equal(["Ingress", "Egress"], policy.Spec.PolicyTypes);
        string[] networks = ["10.30.0.0/24 UDP 17900-18149", "192.0.2.8/32 UDP 7400-7649 UDP 65400-65535"];
        Assert.Equal(networks, policy.Spec.Egress.Select(rule => Describe(rule.To, rule.Ports)));
        Assert.Equal(networks, policy.Spec.Ingress.Select(rule => Describe(rule.FromProperty, rule.Ports)));

        static string Describe(IList<V1NetworkPolicyPeer> peers, IList<V1NetworkPolicyPort> ports) =>
            $"{Assert.Single(peers).IpBlock.Cidr} {string.Join(' ', ports.Select(port => $"{port.Protocol} {port.Port.Value}-{port.EndPort}"))}";
    }

    private static void AssertWorker(ClusterObjects objects)
    {
        var pod = objects.Find<V1Deployment>("worker").Spec.Template.Spec;
        var container = Assert.Single(pod.Containers);
        foreach (var (variable, key) in ((string, string)[])[("Sinks__Credentials__plant-a__Username", "username"), ("Sinks__Credentials__plant-a__Password", "password")])
        {
            var source = container.Env.Single(item => item.Name == variable).ValueFrom.SecretKeyRef;
            Assert.Equal(("site-plant-a", key), (source.Name, source.Key));
        }

        var settings = objects.OfKind<V1ConfigMap>().Single(map => map.Metadata.Name.StartsWith("worker-env", StringComparison.Ordinal)).Data;
        Assert.Equal(
            [("c__CaFile", "/etc/sinks/c/ca.crt"), ("plant-a__CaFile", "/etc/sinks/plant-a/ca.crt"), ("plant-a__CertificateFile", "/etc/sinks/plant-a/tls.crt"), ("plant-a__KeyFile", "/etc/sinks/plant-a/tls.key")],
            settings.Where(setting => setting.Key.StartsWith("Sinks__", StringComparison.Ordinal)).Select(setting => (setting.Key["Sinks__Credentials__".Length..], setting.Value)).Order());
        foreach (var site in (string[])["c", "plant-a"])
        {
            var mount = container.VolumeMounts.Single(item => item.MountPath == $"/etc/sinks/{site}");
            var volume = pod.Volumes.Single(item => item.Name == mount.Name).Secret;
            Assert.Equal(($"site-{site}-tls", true, 288), (volume.SecretName, volume.Optional, volume.DefaultMode));
            Assert.True(mount.ReadOnlyProperty);
        }
    }

    private async Task<Finished> GenerateAsync(Dictionary<string, string> settings) =>
        await ChildProcess.RunAsync("dotnet", [GenerationTests.AppHostPath, "generate", "--output", Output], settings);

    private async Task<ClusterObjects> BuildAsync(string overlay) => new(
        Kustomize.Read(await Kustomize.BuildFolderAsync(Path.Combine(Output, overlay))),
        File.ReadLines(Path.Combine(Output, overlay, SecretList.FileName)).Where(line => !line.StartsWith('#')).Select(line => line.Split('\t')).Select(fields => (fields[0], fields[1])).ToHashSet());
}
