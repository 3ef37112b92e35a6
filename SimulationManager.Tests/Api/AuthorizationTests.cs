using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Tests.Api.Coverage;

namespace SimulationManager.Tests.Api;

/// <summary>Default deny: every endpoint there is, asked without a token.</summary>
public class AuthorizationTests(ApiFixture fixture)
{
    private static readonly string[] Open =
    [
        "POST /api/auth/signup", "POST /api/auth/signin", "POST /api/auth/refresh",
        "GET /health", "GET /alive", "GET /metrics", "GET /openapi/1.json",
    ];

    [Fact]
    [Contract("auth/closed", "today/tokenless", "status/401")]
    public async Task Nothing_answers_without_a_token_but_sign_up_sign_in_refresh_health_and_docs()
    {
        var api = await fixture.ApiAsync();
        using var client = api.Client();
        var endpoints = api.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            // Files of the web console hold nothing: what it shows comes from the API.
            .Where(endpoint => endpoint.Metadata.GetMetadata<StaticAssetDescriptor>() is null).ToList();
        Assert.True(endpoints.Count > 45);

        foreach (var endpoint in endpoints)
        {
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                var path = "/" + System.Text.RegularExpressions.Regex.Replace(endpoint.RoutePattern.RawText!, "{[^}]+}", "1").Trim('/');
                if (Open.Contains($"{method} {path}") || path == "/docs" || path.StartsWith("/docs/", StringComparison.Ordinal)) continue;
                var answer = await client.SendAsync(new HttpMethod(method), path);
                Assert.True(answer.Status == HttpStatusCode.Unauthorized, $"{method} {path} ({endpoint.RoutePattern.RawText}) answered {(int)answer.Status} without a token");
            }
        }
    }

    [Fact]
    [Contract("auth/closed", "ours/openapi")]
    public async Task Health_the_OpenAPI_document_and_the_reference_page_need_no_token()
    {
        using var client = (await fixture.ApiAsync()).Client();

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health")).Status);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/alive")).Status);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/openapi/v1.json")).Status);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/docs/")).Status);
    }

    [Fact]
    [Contract("auth/roles", "status/403-role", "templates/delete")]
    public async Task A_general_user_cannot_delete_a_template()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);

        (await user.DeleteAsync($"/api/template/{template}")).Expect(HttpStatusCode.Forbidden);

        (await user.GetAsync($"/api/template/{template}")).Expect(HttpStatusCode.OK);
    }
}
