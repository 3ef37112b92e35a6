using System.Net;
using System.Net.Http.Headers;
using SimulationManager.Tests.Api.Coverage;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Envelope: what the framework refuses has it too.</summary>
public class EnvelopeTests(ApiFixture fixture)
{
    [Theory]
    [Contract("envelope/no-route", "envelope/shape", "status/404")]
    [InlineData("GET", "/api/nothing-here", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/template/abc", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/simulation/99999999999999999999", HttpStatusCode.NotFound)]
    [InlineData("PUT", "/api/template", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/api/simulation", HttpStatusCode.MethodNotAllowed)]
    public async Task A_route_that_is_not_there_answers_in_the_envelope(string method, string path, HttpStatusCode status)
    {
        using var user = await fixture.UserAsync();

        (await user.SendAsync(new HttpMethod(method), path)).Expect(status);
    }

    [Theory]
    [Contract("status/400", "envelope/500-tells-nothing", "today/blank")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"simulationName\":{}}")]
    [InlineData("{\"simulationName\":\"\\ud800\"}")]
    [InlineData("{\"simulationName\":\"a\\u0000b\",\"patternType\":\"parallel\",\"pattern\":{\"groups\":[]}}")]
    [InlineData("{\"pattern\":{\"steps\":[null]}}")]
    [InlineData("{\"pattern\":{\"steps\":[{\"stepOrder\":99999999999999}]}}")]
    public async Task A_body_that_is_not_readable_is_400_and_tells_nothing_of_the_inside(string body)
    {
        using var user = await fixture.UserAsync();

        var answer = (await user.PostAsync("/api/simulation", body)).Expect(HttpStatusCode.BadRequest);

        Assert.DoesNotContain("System.", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    [Contract("status/400")]
    public async Task Invalid_utf8_is_400()
    {
        using var user = await fixture.UserAsync();
        var body = new ByteArrayContent([(byte)'{', (byte)'"', 0xff, 0xfe, (byte)'"', (byte)':', (byte)'1', (byte)'}']);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        (await user.PostAsync("/api/simulation", body)).Expect(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Contract("status/400")]
    public async Task Deep_json_is_400()
    {
        using var user = await fixture.UserAsync();

        (await user.PostAsync("/api/simulation", string.Concat(Enumerable.Repeat("{\"pattern\":", 500)))).Expect(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Contract("status/415")]
    public async Task A_wrong_content_type_is_415()
    {
        using var user = await fixture.UserAsync();

        var noCharset = new ByteArrayContent("{}"u8.ToArray());
        noCharset.Headers.TryAddWithoutValidation("Content-Type", "application/json; charset=none");
        (await user.PostAsync("/api/simulation", new StringContent("a=b"))).Expect(HttpStatusCode.UnsupportedMediaType);
        (await user.PostAsync("/api/simulation", noCharset)).Expect(HttpStatusCode.UnsupportedMediaType);
        (await user.PostAsync("/api/template", "{}")).Expect(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    [Contract("status/413")]
    public async Task A_json_body_above_the_limit_is_413()
    {
        using var user = await fixture.UserAsync();

        // Who sends without having asked may find the connection closed before the answer is read.
        var answer = await user.SendAsync(HttpMethod.Post, "/api/simulation", $"{{\"simulationName\":\"{new string('x', 2_000_000)}\"}}", request => request.Headers.ExpectContinue = true);

        answer.Expect(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [Contract("envelope/korean")]
    [InlineData("ko-KR,ko;q=0.9,en;q=0.8", "시뮬레이션 99999999을(를) 찾을 수 없습니다.")]
    [InlineData("en;q=0.4, ko;q=0.9", "시뮬레이션 99999999을(를) 찾을 수 없습니다.")]
    [InlineData("en-US,en;q=0.9,ko;q=0.1", "There is no simulation 99999999.")]
    [InlineData("fr", "There is no simulation 99999999.")]
    public async Task Messages_are_Korean_when_the_client_prefers_it(string language, string message)
    {
        using var user = await fixture.UserAsync();
        user.Language = language;

        Assert.Equal(message, (await user.GetAsync("/api/simulation/99999999/status")).Expect(HttpStatusCode.NotFound).Message);
    }

    [Theory]
    [Contract("cors/errors", "today/cors")]
    [InlineData("GET", "/api/simulation", HttpStatusCode.Unauthorized)]
    [InlineData("POST", "/api/auth/signin", HttpStatusCode.BadRequest)]
    public async Task Errors_carry_the_CORS_headers(string method, string path, HttpStatusCode status)
    {
        using var client = (await fixture.ApiAsync()).Client();

        var answer = (await client.SendAsync(new HttpMethod(method), path, method == "POST" ? new StringContent("x", System.Text.Encoding.UTF8, "application/json") : null, request => request.Headers.Add("Origin", "http://portal.example"))).Expect(status);

        Assert.Equal("http://portal.example", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("true", answer.Headers.GetValues("Access-Control-Allow-Credentials").Single());
    }

    [Fact]
    [Contract("cors/configured")]
    public async Task A_preflight_of_a_known_origin_is_granted_and_of_another_is_not()
    {
        using var client = (await fixture.ApiAsync()).Client();

        var known = await PreflightAsync("http://portal.example");
        var unknown = await PreflightAsync("http://elsewhere.example");

        Assert.Equal("http://portal.example", known.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("DELETE", known.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
        Assert.StartsWith("authorization,content-type,", known.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.Ordinal);
        Assert.False(unknown.Headers.Contains("Access-Control-Allow-Origin"));

        Task<Answer> PreflightAsync(string origin) => client.SendAsync(HttpMethod.Options, "/api/simulation/1", null, request =>
        {
            request.Headers.Add("Origin", origin);
            request.Headers.Add("Access-Control-Request-Method", "DELETE");
            request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        });
    }

    [Fact]
    [Contract("cors/events")]
    public async Task A_preflight_of_the_event_stream_is_granted_what_event_clients_send()
    {
        using var client = (await fixture.ApiAsync()).Client();

        var answer = await client.SendAsync(HttpMethod.Options, "/api/events", null, request =>
        {
            request.Headers.Add("Origin", "http://portal.example");
            request.Headers.Add("Access-Control-Request-Method", "GET");
            request.Headers.Add("Access-Control-Request-Headers", "authorization,cache-control,last-event-id");
        });

        var allowed = answer.Headers.GetValues("Access-Control-Allow-Headers").Single().Split(',');
        Assert.Superset(new HashSet<string>(["authorization", "cache-control", "last-event-id"]), allowed.ToHashSet());
    }
}
