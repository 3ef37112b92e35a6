using System.Text.Json.Nodes;
using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Secrets;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The encrypted secrets file, and the bill of materials.</summary>
public sealed class SecretsAndSbomTests
{
    private const string Passphrase = "correct horse battery";

    [Fact]
    public void Value_comes_back_with_the_passphrase_and_is_not_in_the_file()
    {
        var secrets = EncryptedSecrets.Create(Passphrase);
        secrets.Set("redis-credentials/redis-password", "hunter2-hunter2");

        var text = secrets.Write();

        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.Equal("hunter2-hunter2", EncryptedSecrets.Parse(text, Passphrase).Get("redis-credentials/redis-password"));
    }

    [Fact]
    public void Wrong_passphrase_and_swapped_values_are_noticed()
    {
        var secrets = EncryptedSecrets.Create(Passphrase);
        secrets.Set("a/b", "1");
        secrets.Set("c/d", "2");
        var file = JsonNode.Parse(secrets.Write())!;
        (file["values"]!["a/b"], file["values"]!["c/d"]) = (file["values"]!["c/d"]!.DeepClone(), file["values"]!["a/b"]!.DeepClone());

        Assert.Throws<GenerationException>(() => EncryptedSecrets.Parse(secrets.Write(), "another passphrase").Get("a/b"));
        Assert.Throws<GenerationException>(() => EncryptedSecrets.Parse(file.ToJsonString(), Passphrase).Get("a/b"));
        Assert.Throws<GenerationException>(() => EncryptedSecrets.Parse("{}", Passphrase));
    }

    [Fact]
    public async Task Command_makes_what_an_overlay_needs_once_and_installation_reads_it()
    {
        using var cluster = new FakeCluster();
        var file = cluster.PathOf("aspirate-secrets.json");
        var environment = new Dictionary<string, string> { ["SECRETS_PASSPHRASE"] = Passphrase };

        var made = await ChildProcess.RunAsync("dotnet", [GenerationTests.AppHostPath, "secrets", "--file", file], environment);
        var first = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await ChildProcess.RunAsync("dotnet", [GenerationTests.AppHostPath, "secrets", "--file", file], environment);
        var installed = await cluster.RunAsync("deploy/install.sh", $"--secrets-file {file}", ("SECRETS_PASSPHRASE", Passphrase));

        Assert.True(made.ExitCode == 0, made.Errors);
        Assert.Equal(first, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.True(installed.ExitCode == 0, installed.Errors);
        var expected = EncryptedSecrets.Parse(first, Passphrase).Get("postgres-credentials/postgres-password");
        Assert.Equal(expected, cluster.Secret("postgres-credentials", "postgres-password"));
    }

    [Fact]
    public async Task Value_that_only_a_person_knows_is_asked_for()
    {
        using var cluster = new FakeCluster();
        var file = cluster.PathOf("aspirate-secrets.json");
        var environment = new Dictionary<string, string> { ["SECRETS_PASSPHRASE"] = Passphrase };

        var missing = await ChildProcess.RunAsync("dotnet", [GenerationTests.AppHostPath, "secrets", "--file", file, "--overlay", "prod"], environment);
        var empty = await ChildProcess.RunAsync("dotnet", [GenerationTests.AppHostPath, "secrets", "--file", file, "--set", "external-services/minio"], environment);
        var given = await ChildProcess.RunAsync("dotnet", [GenerationTests.AppHostPath, "secrets", "--file", file, "--set", "external-services/minio"], environment, "Endpoint=https://s3\n");
        var shown = await ChildProcess.RunAsync("dotnet", [GenerationTests.AppHostPath, "secrets", "--file", file, "--show"], environment);

        Assert.Contains("external-services/minio", missing.Errors, StringComparison.Ordinal);
        Assert.Equal(1, empty.ExitCode);
        Assert.Equal(0, given.ExitCode);
        Assert.Equal("external-services/minio=Endpoint=https://s3\n", shown.Output);
    }

    [Fact]
    public async Task Bill_of_materials_of_a_published_service_is_written_to_a_file()
    {
        var file = Path.GetTempFileName();
        try
        {
            var result = await ChildProcess.RunAsync("dotnet", GenerationTests.AppHostPath, "sbom", "--published", Repository.OutputOf("Api"), "--output", file);

            Assert.True(result.ExitCode == 0, result.Errors);
            Assert.Contains("pkg:nuget/Npgsql@", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Bill_of_materials_lists_packages_with_their_hashes_and_not_our_own_projects()
    {
        const string deps = """{"libraries":{"SimulationManager.Api/1.0.0":{"type":"project","sha512":""},"Npgsql/10.0.3":{"type":"package","sha512":"sha512-AAEC"}}}""";

        var document = SbomStep.Describe("SimulationManager.Api", deps);

        var component = Assert.Single(document["components"]!.AsArray())!;
        Assert.Equal("pkg:nuget/Npgsql@10.0.3", component["purl"]!.GetValue<string>());
        Assert.Equal("000102", component["hashes"]![0]!["content"]!.GetValue<string>());
        Assert.Equal(document.ToJsonString(), SbomStep.Describe("SimulationManager.Api", deps).ToJsonString());
    }
}
