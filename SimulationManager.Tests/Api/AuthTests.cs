using System.Net;
using System.Text.Json;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Auth.</summary>
public class AuthTests(ApiFixture fixture)
{
    private static string NewEmail() => $"{Guid.NewGuid():N}@tests.example";

    private static object SignUp(string email, string password = "pass-word1", string? confirm = null, string role = "general") =>
        new { email, password, password_confirm = confirm ?? password, role };

    [Fact]
    [Contract("auth/signup")]
    public async Task Sign_up_answers_201_with_the_lower_cased_address_and_the_role()
    {
        using var client = (await fixture.ApiAsync()).Client();
        var email = NewEmail();

        var answer = (await client.PostAsync("/api/auth/signup", SignUp(email.ToUpperInvariant()))).Expect(HttpStatusCode.Created);

        Assert.Equal(Sorted("email", "role"), FieldsOf(answer.Data));
        Assert.Equal((email, "general"), ((string)answer.Data["email"]!, (string)answer.Data["role"]!));
    }

    [Fact]
    [Contract("today/letter-case", "status/409")]
    public async Task Sign_up_refuses_the_same_address_in_other_letters()
    {
        using var client = (await fixture.ApiAsync()).Client();
        var email = NewEmail();
        (await client.PostAsync("/api/auth/signup", SignUp(email))).Expect(HttpStatusCode.Created);

        (await client.PostAsync("/api/auth/signup", SignUp(email.ToUpperInvariant()))).Expect(HttpStatusCode.Conflict);
    }

    [Theory]
    [Contract("auth/signup", "status/400")]
    [InlineData("seven77", "password")]
    [InlineData("123456789012345678901234567890123", "password")]
    [InlineData("pass word 1", "password")]
    [InlineData("", "password")]
    public async Task Sign_up_refuses_a_password_that_is_not_8_to_32_characters_without_blanks(string password, string field)
    {
        using var client = (await fixture.ApiAsync()).Client();

        var answer = (await client.PostAsync("/api/auth/signup", SignUp(NewEmail(), password))).Expect(HttpStatusCode.BadRequest);

        Assert.Equal([field], answer.ErrorFields);
    }

    [Fact]
    [Contract("auth/signup", "envelope/errors")]
    public async Task Sign_up_names_every_field_that_is_not_valid()
    {
        using var client = (await fixture.ApiAsync()).Client();

        var answer = (await client.PostAsync("/api/auth/signup", new { role = "boss" })).Expect(HttpStatusCode.BadRequest);

        Assert.Equal(["email", "password", "password_confirm", "role"], answer.ErrorFields);
    }

    [Fact]
    [Contract("auth/signup")]
    public async Task Sign_up_refuses_a_confirmation_that_differs()
    {
        using var client = (await fixture.ApiAsync()).Client();

        var answer = (await client.PostAsync("/api/auth/signup", SignUp(NewEmail(), "pass-word1", "pass-word2"))).Expect(HttpStatusCode.BadRequest);

        Assert.Equal(["password_confirm"], answer.ErrorFields);
    }

    [Fact]
    [Contract("auth/first-admin", "today/anyone-admin")]
    public async Task A_second_admin_needs_the_token_of_an_admin()
    {
        using var anyone = (await fixture.ApiAsync()).Client();
        using var user = await fixture.UserAsync();
        using var admin = await fixture.AdminAsync();

        Assert.Contains("admin", (await anyone.PostAsync("/api/auth/signup", SignUp(NewEmail(), role: "admin"))).Expect(HttpStatusCode.Conflict).Message, StringComparison.Ordinal);
        (await user.PostAsync("/api/auth/signup", SignUp(NewEmail(), role: "admin"))).Expect(HttpStatusCode.Conflict);
        (await admin.PostAsync("/api/auth/signup", SignUp(NewEmail(), role: "admin"))).Expect(HttpStatusCode.Created);
    }

    [Fact]
    [Contract("auth/first-admin", "status/403-expired")]
    public async Task An_admin_whose_token_has_expired_is_told_to_refresh_and_then_makes_another()
    {
        var settings = await fixture.NewSystemAsync();
        settings["Auth:AccessTokenLifetime"] = "00:00:02";
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(NewEmail(), "admin");
        Answer answer = null!;
        await Wait.UntilAsync(
            async () => (answer = await admin.PostAsync("/api/auth/signup", SignUp(NewEmail(), role: "admin"))).Status != HttpStatusCode.Created,
            TimeSpan.FromSeconds(20), "the token to expire");

        answer.Expect(HttpStatusCode.Forbidden);

        admin.Token = (string)(await admin.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.OK).Data["accessToken"]!;
        (await admin.PostAsync("/api/auth/signup", SignUp(NewEmail(), role: "admin"))).Expect(HttpStatusCode.Created);
    }

    [Fact]
    [Contract("auth/first-admin")]
    public async Task Of_many_first_admins_at_once_one_wins()
    {
        await using var api = await ApiHost.StartAsync(await fixture.NewSystemAsync());
        await api.WaitUntilPreparedAsync();
        using var client = api.Client();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.PostAsync("/api/auth/signup", SignUp(NewEmail(), role: "admin"))));

        Assert.Equal(1, answers.Count(answer => answer.Status == HttpStatusCode.Created));
        Assert.Equal(7, answers.Count(answer => answer.Status == HttpStatusCode.Conflict));
    }

    [Fact]
    [Contract("auth/signin", "auth/token", "auth/cookie")]
    public async Task Sign_in_answers_a_token_with_the_four_claims_and_sets_the_cookie()
    {
        using var client = (await fixture.ApiAsync()).Client();
        var email = NewEmail();
        await client.PostAsync("/api/auth/signup", SignUp(email));

        var answer = (await client.PostAsync("/api/auth/signin", new { email = email.ToUpperInvariant(), password = "pass-word1" })).Expect(HttpStatusCode.OK);

        Assert.Equal(Sorted("email", "accessToken", "expiresAt", "role"), FieldsOf(answer.Data));
        var parts = ((string)answer.Data["accessToken"]!).Split('.');
        using var header = JsonDocument.Parse(Base64Url(parts[0]));
        using var payload = JsonDocument.Parse(Base64Url(parts[1]));
        Assert.Equal("HS256", header.RootElement.GetProperty("alg").GetString());
        Assert.Equal(Sorted("sub", "email", "role", "exp"), string.Join(',', payload.RootElement.EnumerateObject().Select(claim => claim.Name).Order(StringComparer.Ordinal)));
        var expires = DateTimeOffset.FromUnixTimeSeconds(payload.RootElement.GetProperty("exp").GetInt64());
        Assert.Equal(DateTimeOffset.Parse((string)answer.Data["expiresAt"]!, null), expires);
        Assert.InRange(expires - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
        Assert.EndsWith("Z", (string)answer.Data["expiresAt"]!, StringComparison.Ordinal);
        Assert.Matches("^refresh_token=[A-Za-z0-9_-]{43}; max-age=604800; path=/api; samesite=strict; httponly$", answer.SetCookie!);
    }

    [Fact]
    [Contract("auth/constant")]
    public async Task Sign_in_gives_the_same_answer_for_a_wrong_password_and_an_unknown_account()
    {
        using var client = (await fixture.ApiAsync()).Client();

        var wrong = (await client.PostAsync("/api/auth/signin", new { email = ApiFixture.AdminEmail, password = "wrong-word1" })).Expect(HttpStatusCode.Unauthorized);
        var unknown = (await client.PostAsync("/api/auth/signin", new { email = NewEmail(), password = "wrong-word1" })).Expect(HttpStatusCode.Unauthorized);
        var empty = (await client.PostAsync("/api/auth/signin", new { email = ApiFixture.AdminEmail, password = "" })).Expect(HttpStatusCode.Unauthorized);

        Assert.Equal(wrong.Message, unknown.Message);
        Assert.Equal(wrong.Message, empty.Message);
        Assert.Null(wrong.SetCookie);
    }

    [Fact]
    [Contract("today/two-sign-ins")]
    public async Task Many_sign_ins_in_one_second_all_succeed_and_are_sessions_of_their_own()
    {
        using var client = (await fixture.ApiAsync()).Client();
        var email = NewEmail();
        await client.PostAsync("/api/auth/signup", SignUp(email));

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.PostAsync("/api/auth/signin", new { email, password = "pass-word1" })));

        Assert.All(answers, answer => answer.Expect(HttpStatusCode.OK));
        Assert.Equal(4, answers.Select(answer => answer.SetCookie).Distinct().Count());
    }

    [Fact]
    [Contract("auth/verify")]
    public async Task Verify_says_whose_the_token_is()
    {
        using var user = await fixture.UserAsync();

        var answer = (await user.PostAsync("/api/auth/verify")).Expect(HttpStatusCode.OK);

        Assert.Equal(Sorted("isValid", "userId", "email", "role"), FieldsOf(answer.Data));
        Assert.True((bool)answer.Data["isValid"]!);
        Assert.Equal("general", (string)answer.Data["role"]!);
    }

    [Fact]
    [Contract("status/401")]
    public async Task A_token_of_another_key_algorithm_or_without_signature_is_401()
    {
        using var user = await fixture.UserAsync();
        var parts = user.Token!.Split('.');
        var none = $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.";
        var changed = $"{parts[0]}.{Encode("""{"sub":"1","email":"a@b","role":"admin","exp":4102444800}""")}.{parts[2]}";

        foreach (var token in (string[])["nonsense", none, changed, $"{parts[0]}.{parts[1]}.AAAA"])
        {
            user.Token = token;
            (await user.PostAsync("/api/auth/verify")).Expect(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    [Contract("auth/refresh-on-403", "status/403-expired", "today/expired-401")]
    public async Task A_client_that_refreshes_on_403_only_keeps_working_across_expiry()
    {
        var settings = await fixture.NewSystemAsync();
        settings["Auth:AccessTokenLifetime"] = "00:00:02";
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var client = await api.Client().SignedInAsync(NewEmail(), "general");
        // Answers between two refreshes; none where a busy machine let the fresh token expire unused.
        List<int> answered = [0];

        await Wait.UntilAsync(
            async () =>
            {
                var answer = await client.GetAsync("/api/simulation/summary");
                if (answer.Status == HttpStatusCode.Forbidden)
                {
                    client.Token = (string)(await client.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.OK).Data["accessToken"]!;
                    answered.Add(0);
                }
                else
                {
                    answer.Expect(HttpStatusCode.OK);
                    answered[^1]++;
                }

                return answered.Count(count => count > 0) >= 3;
            },
            TimeSpan.FromSeconds(60),
            "answers with three tokens");
    }

    private static byte[] Base64Url(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);

    private static string Encode(string text) => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(text));
}
