using System.Text.Json.Nodes;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace SimulationManager.Tests.AspireLocal;

public sealed class ParameterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("simulationmanager-secrets-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string SecretsPath => Path.Combine(_folder, "id", "secrets.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Parameter_takes_its_value_from_configuration()
    {
        var builder = DistributedApplicationTestingBuilder.Create("--Parameters:user=somebody");

        Assert.Equal("somebody", await builder.AddParameter("user").Resource.GetValueAsync(Cancellation));
    }

    [Fact]
    public async Task Parameter_with_a_hyphen_is_found_under_an_underscore()
    {
        var builder = DistributedApplicationTestingBuilder.Create("--Parameters:redis_password=given");

        Assert.Equal("given", await builder.AddRedis("redis").Resource.PasswordParameter!.GetValueAsync(Cancellation));
    }

    [Fact]
    public async Task Start_fails_and_names_the_setting_when_a_parameter_has_no_value()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddParameter("user");
        await using var app = await builder.BuildAsync(Cancellation);

        var error = await Assert.ThrowsAsync<MissingParameterValueException>(() => app.StartAsync(Cancellation));

        Assert.Contains("Parameters:user", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generated_password_follows_the_rules_that_the_manifest_states()
    {
        var rules = new GenerateParameterDefault { MinLength = 22, Special = false, MinNumeric = 5 };

        var values = Enumerable.Range(0, 200).Select(_ => rules.GetDefaultValue()).ToList();

        Assert.All(values, value => Assert.Equal(22, value.Length));
        Assert.All(values, value => Assert.All(value, letter => Assert.True(char.IsAsciiLetterOrDigit(letter))));
        Assert.All(values, value => Assert.True(value.Count(char.IsAsciiDigit) >= 5));
        Assert.Equal(values.Count, values.Distinct().Count());
    }

    [Fact]
    public void Generated_password_refuses_rules_that_contradict_each_other()
    {
        var rules = new GenerateParameterDefault { MinLength = 8, Special = false, MinSpecial = 1 };

        Assert.Throws<ArgumentException>(rules.GetDefaultValue);
    }

    [Fact]
    public void Generated_secret_is_kept_and_found_again()
    {
        var first = new KeptParameterDefault(new(SecretsPath), "db-password", new GenerateParameterDefault { MinLength = 22 }).GetDefaultValue();

        var second = new KeptParameterDefault(new(SecretsPath), "db-password", new GenerateParameterDefault { MinLength = 22 }).GetDefaultValue();

        Assert.Equal(first, second);
        Assert.Equal(first, JsonNode.Parse(File.ReadAllText(SecretsPath))!["Parameters:db-password"]!.GetValue<string>());
    }

    [Fact]
    public void Generated_secret_leaves_other_secrets_alone()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SecretsPath)!);
        File.WriteAllText(SecretsPath, """{ "Jwt:Key": "mine" }""");

        new UserSecretsFile(SecretsPath).GetOrAdd("Parameters:new", () => "generated");

        Assert.Equal("mine", JsonNode.Parse(File.ReadAllText(SecretsPath))!["Jwt:Key"]!.GetValue<string>());
    }

    [Fact]
    public async Task Processes_that_start_at_once_agree_on_one_secret()
    {
        var values = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => new UserSecretsFile(SecretsPath).GetOrAdd("Parameters:shared", () => Guid.NewGuid().ToString()), Cancellation)));

        Assert.Single(values.Distinct());
    }

    [Fact]
    public void Broken_secrets_file_is_named_and_not_overwritten()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SecretsPath)!);
        File.WriteAllText(SecretsPath, "{ broken");

        var error = Assert.Throws<DistributedApplicationException>(() => new UserSecretsFile(SecretsPath).GetOrAdd("Parameters:new", () => "generated"));

        Assert.Contains(SecretsPath, error.Message, StringComparison.Ordinal);
        Assert.Equal("{ broken", File.ReadAllText(SecretsPath));
    }
}
