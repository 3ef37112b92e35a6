using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimulationManager.Api.OpenApi;
using SimulationManager.Api.Simulations;
using SimulationManager.Tests.Api.Coverage;

namespace SimulationManager.Tests.Api;

/// <summary>The OpenAPI document and what is made of it.</summary>
public class OpenApiTests(ApiFixture fixture)
{
    [Theory]
    [Contract("ours/openapi")]
    [InlineData("SimulationManager.Api.json")]
    [InlineData("SimulationManager.Api.http")]
    [InlineData("SimulationManager.Api.postman_collection.json")]
    public async Task The_committed_file_is_what_the_API_says_now(string file) =>
        await GeneratedFile.AgreeAsync($"SimulationManager.Api/{file}", DocumentFiles.Of(await DocumentAsync())[file]);

    [Fact]
    [Contract("ours/openapi")]
    public async Task Every_operation_has_a_summary_a_tag_its_security_and_an_example_of_its_body()
    {
        var document = await DocumentAsync();

        Assert.StartsWith("3.1", (string)document["openapi"]!, StringComparison.Ordinal);
        var operations = DocumentedOperation.Of(document).ToList();
        Assert.True(operations.Count > 40);
        Assert.Equal(["Logout", "Refresh", "SignIn", "SignUp"], operations.Where(operation => !operation.NeedsToken).Select(operation => operation.Id).Order(StringComparer.Ordinal));
        foreach (var operation in operations)
        {
            Assert.NotEmpty(operation.Summary);
            Assert.NotEmpty(operation.Tag);
            if (operation.Node["requestBody"]?["content"]?["application/json"] is not null) Assert.True(operation.JsonExample is not null, $"{operation.Id} has no example");
        }
    }

    [Fact]
    [Contract("ours/openapi")]
    public async Task The_schemas_say_what_is_absent_what_is_required_and_which_words_there_are()
    {
        var schemas = (await DocumentAsync())["components"]!["schemas"]!;

        var create = schemas["SimulationCreateRequest"]!;
        Assert.Equal("string", (string)create["properties"]!["simulationName"]!["type"]!);
        Assert.Equal(["sequential", "parallel"], create["properties"]!["patternType"]!["enum"]!.AsArray().Select(word => (string)word!));
        Assert.Equal("integer", (string)schemas["SimulationCreated"]!["properties"]!["simulationId"]!["type"]!);
        Assert.Equal("string", (string)schemas["SimulationCreated"]!["properties"]!["createdAt"]!["type"]!);
        Assert.DoesNotContain("playback", schemas["StepView"]!["required"]!.AsArray().Select(name => (string)name!));
        Assert.Equal(["createdAt", "lastUpdated"], schemas["ExecutionTimestamps"]!["required"]!.AsArray().Select(name => (string)name!).Order(StringComparer.Ordinal));
        Assert.Contains("errorMessage", schemas["DeletionView"]!["required"]!.AsArray().Select(name => (string)name!));
    }

    [Fact]
    [Contract("ours/openapi", "envelope/shape")]
    public async Task What_the_API_answers_is_what_the_document_says()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var (id, execution) = await ExecutionTests.RunAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(template, time: 1)));
        var schemas = new DocumentedShapes(await DocumentAsync());

        foreach (var (path, address) in new Dictionary<string, string>
        {
            ["/api/template"] = "/api/template",
            ["/api/template/{id}"] = $"/api/template/{template}",
            ["/api/template/{id}/bag"] = $"/api/template/{template}/bag",
            ["/api/simulation"] = "/api/simulation",
            ["/api/simulation/summary"] = "/api/simulation/summary",
            ["/api/simulation/{id}/status"] = $"/api/simulation/{id}/status",
            ["/api/simulation/{id}/execution"] = $"/api/simulation/{id}/execution",
            ["/api/simulation/{id}/execution/{executionId}"] = $"/api/simulation/{id}/execution/{execution}",
            ["/api/simulation/{id}/execution/{executionId}/report"] = $"/api/simulation/{id}/execution/{execution}/report",
            ["/api/simulation/{id}/execution/{executionId}/instances"] = $"/api/simulation/{id}/execution/{execution}/instances",
            ["/api/instance"] = "/api/instance",
            ["/api/mec"] = "/api/mec",
            ["/api/auth/sessions"] = "/api/auth/sessions",
            ["/api/dashboard/system-overview"] = "/api/dashboard/system-overview",
        })
        {
            var answer = (await user.GetAsync(address)).Expect(HttpStatusCode.OK);
            Assert.Empty(schemas.Differences(path, "get", "200", answer.Envelope));
        }

        Assert.Empty(schemas.Differences("/api/simulation/{id}", "get", "404", (await user.GetAsync("/api/simulation/99999999")).Expect(HttpStatusCode.NotFound).Envelope));
    }

    [Fact]
    [Contract("ours/openapi", "status/400")]
    public async Task A_query_parameter_takes_exactly_the_words_that_the_document_offers()
    {
        using var admin = await fixture.AdminAsync();
        var document = await DocumentAsync();
        var parameters = (
            from operation in DocumentedOperation.Of(document)
            from parameter in operation.QueryParameters
            where parameter["schema"]!["enum"] is not null
            select (operation.Id, Address: Regex.Replace(operation.Path, "{[^}]+}", "99999999"), Name: (string)parameter["name"]!, Words: parameter["schema"]!["enum"]!.AsArray().Select(word => (string)word!).ToList())).ToList();

        Assert.Equal(PatternWords.StatusByWord.Keys, parameters.Single(parameter => parameter is { Id: "ListSimulations", Name: "status" }).Words);
        Assert.Equal(PatternWords.RunStatusByWord.Keys, parameters.Single(parameter => parameter is { Id: "ListExecutionInstances", Name: "status" }).Words);
        foreach (var (_, address, name, words) in parameters)
        {
            var refused = (await admin.GetAsync($"{address}?{name}=none")).Expect(HttpStatusCode.BadRequest);
            Assert.EndsWith($"{name}: must be one of: {string.Join(", ", words)}.", refused.Message, StringComparison.Ordinal);
            foreach (var word in words) Assert.NotEqual(HttpStatusCode.BadRequest, (await admin.GetAsync($"{address}?{name}={word}")).Status);
        }
    }

    private async Task<JsonNode> DocumentAsync()
    {
        using var client = (await fixture.ApiAsync()).Client();
        return JsonNode.Parse((await client.GetAsync("/openapi/v1.json")).Text)!;
    }
}

/// <summary>Compares JSON with the document's schemas: no field that is not there, none missing, types as said.</summary>
internal sealed class DocumentedShapes(JsonNode document)
{
    public IEnumerable<string> Differences(string path, string method, string status, JsonNode answer) =>
        Compare($"{method} {path}", document["paths"]![path]![method]!["responses"]![status]!["content"]!["application/json"]!["schema"]!, answer).ToList();

    private IEnumerable<string> Compare(string where, JsonNode schema, JsonNode? value)
    {
        if ((string?)schema["$ref"] is { } reference) schema = document["components"]!["schemas"]![reference.Split('/')[^1]]!;
        var types = schema["type"] is JsonArray many ? many.Select(type => (string)type!).ToList() : schema["type"] is null ? [] : [(string)schema["type"]!];
        if (types.Count > 0 && !types.Contains(TypeOf(value)) && !(types.Contains("number") && TypeOf(value) == "integer"))
            return [$"{where} is {TypeOf(value)}, not {string.Join('|', types)}"];
        return value switch
        {
            JsonObject item => CompareObject(where, schema, item),
            JsonArray list when schema["items"] is { } items => list.SelectMany((item, index) => Compare($"{where}[{index}]", items, item)),
            _ => [],
        };
    }

    private IEnumerable<string> CompareObject(string where, JsonNode schema, JsonObject value)
    {
        if (schema["properties"] is not JsonObject properties) return [];
        var missing = (schema["required"]?.AsArray() ?? []).Select(name => (string)name!).Where(name => !value.ContainsKey(name)).Select(name => $"{where}.{name} is missing");
        var unknown = value.Select(field => field.Key).Where(name => !properties.ContainsKey(name)).Select(name => $"{where}.{name} is not in the document");
        var inside = value.Where(field => properties.ContainsKey(field.Key)).SelectMany(field => Compare($"{where}.{field.Key}", properties[field.Key]!, field.Value));
        return [.. missing, .. unknown, .. inside];
    }

    private static string TypeOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "object",
        JsonArray => "array",
        JsonValue scalar when scalar.GetValueKind() == System.Text.Json.JsonValueKind.Number => scalar.ToJsonString().Contains('.') ? "number" : "integer",
        JsonValue scalar when scalar.GetValueKind() == System.Text.Json.JsonValueKind.String => "string",
        _ => "boolean",
    };
}
