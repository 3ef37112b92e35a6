using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace SimulationManager.Tests.AspireLocal;

/// <summary>What the model says before anything runs.</summary>
public sealed class ModelTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void AddResource_refuses_a_second_resource_of_the_same_name()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddRedis("cache");

        var error = Assert.Throws<DistributedApplicationException>(() => builder.AddPostgres("CACHE"));

        Assert.Contains("'CACHE'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData("a--b")]
    [InlineData("a-")]
    [InlineData("a_b")]
    public void AddContainer_refuses_a_name_that_is_no_host_name(string name)
    {
        var builder = DistributedApplicationTestingBuilder.Create();

        Assert.ThrowsAny<ArgumentException>(() => builder.AddContainer(name, "image"));
    }

    [Fact]
    public async Task WithReference_of_a_database_gives_the_connection_string_and_its_parts()
    {
        var builder = DistributedApplicationTestingBuilder.Create("--Parameters:pw=a b");
        var password = builder.AddParameter("pw", secret: true);
        var server = builder.AddPostgres("pg", password: password);
        var database = server.AddDatabase("data", "Data Base");
        var program = builder.AddExecutable("program", "true", ".").WithReference(database);
        Allocate(server.Resource, 5555);

        var environment = await EnvironmentOf(program.Resource, builder.ExecutionContext);

        Assert.Equal("Host=localhost;Port=5555;Username=postgres;Password=a b;Database=Data Base", environment["ConnectionStrings__data"]);
        Assert.Equal("localhost", environment["DATA_HOST"]);
        Assert.Equal("5555", environment["DATA_PORT"]);
        Assert.Equal("postgresql://postgres:a%20b@localhost:5555/Data%20Base", environment["DATA_URI"]);
        Assert.Equal("jdbc:postgresql://localhost:5555/Data%20Base", environment["DATA_JDBCCONNECTIONSTRING"]);
        Assert.Equal("Data Base", environment["DATA_DATABASENAME"]);
    }

    [Fact]
    public async Task WithReference_uses_the_connection_name_that_is_given()
    {
        var builder = DistributedApplicationTestingBuilder.Create("--Parameters:pw=secret");
        var redis = builder.AddRedis("redis", password: builder.AddParameter("pw"));
        var program = builder.AddExecutable("program", "true", ".").WithReference(redis, "live-state");
        Allocate(redis.Resource, 7777);

        var environment = await EnvironmentOf(program.Resource, builder.ExecutionContext);

        Assert.Equal("localhost:7777,password=secret", environment["ConnectionStrings__live-state"]);
        Assert.Equal("redis://:secret@localhost:7777", environment["LIVE_STATE_URI"]);
    }

    [Fact]
    public async Task WithReference_of_a_project_lets_it_be_discovered()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var api = builder.AddProject("api", Path.Combine(Repository.Root, "SimulationManager.Api", "SimulationManager.Api.csproj"));
        var program = builder.AddExecutable("program", "true", ".").WithReference(api);
        Allocate(api.Resource, 8123);

        var environment = await EnvironmentOf(program.Resource, builder.ExecutionContext);

        Assert.Equal("http://localhost:8123", environment["services__api__http__0"]);
        Assert.Equal("http://localhost:8123", environment["API_HTTP"]);
    }

    [Fact]
    public async Task WithEnvironment_fills_an_interpolated_value_when_it_is_asked_for()
    {
        var builder = DistributedApplicationTestingBuilder.Create("--Parameters:name=x/y");
        var name = builder.AddParameter("name");
        var redis = builder.AddRedis("redis");
        var program = builder.AddExecutable("program", "true", ".")
            .WithEnvironment("TEXT", $"{{{name}}} at {redis.GetEndpoint("tcp").Property(EndpointProperty.Port)} as {name.Resource:uri}");
        Allocate(redis.Resource, 1234);

        var environment = await EnvironmentOf(program.Resource, builder.ExecutionContext);

        Assert.Equal("{x/y} at 1234 as x%2Fy", environment["TEXT"]);
    }

    [Fact]
    public void Reference_expression_names_its_holes_in_the_manifest()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var redis = builder.AddRedis("redis");

        var expression = redis.Resource.ConnectionStringExpression.ValueExpression;

        Assert.Equal(
            "{redis.bindings.tcp.host}:{redis.bindings.tcp.port},password={redis-password.value}{cond-redis-bindings-tcp-tlsenabled-d148d83a.connectionString}",
            expression);
    }

    [Fact]
    public async Task Project_gets_its_launch_profile_and_no_telemetry_address_that_nobody_listens_on()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var api = builder.AddProject("api", Path.Combine(Repository.Root, "SimulationManager.Api", "SimulationManager.Api.csproj"));

        var environment = await EnvironmentOf(api.Resource, builder.ExecutionContext);

        Assert.Equal("Development", environment["ASPNETCORE_ENVIRONMENT"]);
        Assert.Equal("api", environment["OTEL_SERVICE_NAME"]);
        Assert.DoesNotContain("OTEL_EXPORTER_OTLP_ENDPOINT", environment.Keys);
        Assert.Equal(8000, api.GetEndpoint("http").EndpointAnnotation.Port);
    }

    [Fact]
    public async Task Project_gets_the_telemetry_address_that_is_configured()
    {
        var builder = DistributedApplicationTestingBuilder.Create("--ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL=http://localhost:18889", "--AppHost:OtlpApiKey=key");
        var program = builder.AddExecutable("program", "true", ".");

        var environment = await EnvironmentOf(program.Resource, builder.ExecutionContext);

        Assert.Equal("http://localhost:18889", environment["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        Assert.Equal("grpc", environment["OTEL_EXPORTER_OTLP_PROTOCOL"]);
        Assert.Equal("x-otlp-api-key=key", environment["OTEL_EXPORTER_OTLP_HEADERS"]);
    }

    [Fact]
    public void GetEndpoint_says_which_endpoint_is_missing()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var redis = builder.AddRedis("redis");

        var error = Assert.Throws<InvalidOperationException>(() => redis.GetEndpoint("nowhere").Url);

        Assert.Contains("'nowhere'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'redis'", error.Message, StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, string>> EnvironmentOf(IResource resource, DistributedApplicationExecutionContext context) =>
        await ResourceValues.TextAsync(await ResourceValues.EnvironmentAsync(resource, context, Cancellation), resource, Cancellation);

    private static void Allocate(IResource resource, int port)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", port);
    }
}
