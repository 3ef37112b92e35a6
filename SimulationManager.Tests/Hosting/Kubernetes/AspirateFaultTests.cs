using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What is wrong with Aspirate's own output for this manifest, one by one, and is not with ours.</summary>
public sealed class AspirateFaultTests
{
    [Fact]
    public async Task Services_run_in_more_than_one_pod() =>
        Assert.All((await Kustomize.BuildAsync("")).OfKind<V2HorizontalPodAutoscaler>(), scaler => Assert.True(scaler.Spec.MinReplicas >= 2));

    [Fact]
    public async Task Api_and_worker_have_autoscalers() =>
        Assert.Equal(["api", "worker"], (await Kustomize.BuildAsync("")).OfKind<V2HorizontalPodAutoscaler>().Select(scaler => scaler.Metadata.Name).Order());

    [Theory]
    [InlineData("api")]
    [InlineData("worker")]
    public async Task Services_are_probed_at_their_health_endpoints(string name)
    {
        var container = (await Kustomize.BuildAsync("")).Find<V1Deployment>(name).Spec.Template.Spec.Containers[0];

        Assert.Equal(["/alive", "/health", "/alive"], new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }.Select(probe => probe.HttpGet.Path));
    }

    [Theory]
    [InlineData("REDIS_PASSWORD")]
    [InlineData("ROBOTDB_PASSWORD")]
    [InlineData("MINIO_ACCESSKEY")]
    [InlineData("MINIO_SECRETKEY")]
    public async Task Credentials_come_from_Secrets(string variable)
    {
        var objects = await Kustomize.BuildAsync("");

        Assert.DoesNotContain(objects.OfKind<V1ConfigMap>(), map => map.Data.ContainsKey(variable));
        Assert.All(
            (string[])["api", "worker"],
            name => Assert.NotNull(objects.Find<V1Deployment>(name).Spec.Template.Spec.Containers[0].Env.Single(item => item.Name == variable).ValueFrom.SecretKeyRef));
    }

    [Fact]
    public async Task Uri_encoded_password_is_resolved()
    {
        var env = (await Kustomize.BuildAsync("")).Find<V1Deployment>("api").Spec.Template.Spec.Containers[0].Env;

        Assert.Equal("postgresql://postgres:$(POSTGRES_PASSWORD_URI_ENCODED)@postgres:5432/robotdb", env.Single(variable => variable.Name == "ROBOTDB_URI").Value);
        Assert.Equal("postgres-password-uri-encoded", env.Single(variable => variable.Name == "POSTGRES_PASSWORD_URI_ENCODED").ValueFrom.SecretKeyRef.Key);
    }

    [Fact]
    public async Task Image_tag_keeps_its_capital_letters() =>
        Assert.Equal("docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", (await Kustomize.BuildAsync("")).Find<V1StatefulSet>("minio").Spec.Template.Spec.Containers[0].Image);

    [Fact]
    public async Task Image_of_no_fixed_version_gets_one() =>
        Assert.Matches(":v[0-9.]+$", (await Kustomize.BuildAsync("")).Find<V1Deployment>("metrics").Spec.Template.Spec.Containers[0].Image);

    /// <summary>No file beside the committed ones takes part: the folder is copied somewhere else and built there.</summary>
    [Fact]
    public async Task Folder_builds_before_any_secret_file_exists()
    {
        var copy = Directory.CreateTempSubdirectory("clone-");
        try
        {
            var tracked = await ChildProcess.RunAsync("git", "ls-files", "aspirate-output");
            foreach (var file in tracked.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var target = new FileInfo(Path.Combine(copy.FullName, file));
                target.Directory!.Create();
                File.Copy(Repository.PathOf(file), target.FullName);
            }

            Assert.NotEmpty(await Kustomize.BuildFolderAsync(Path.Combine(copy.FullName, "aspirate-output")));
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }
}
