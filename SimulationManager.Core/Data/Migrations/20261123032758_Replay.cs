using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class Replay : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "lateness",
                table: "executions",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "messages_dropped",
                table: "executions",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "paused_at",
                table: "executions",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "rate",
                table: "executions",
                type: "double precision",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "gaps",
                table: "execution_parts",
                type: "jsonb",
                nullable: false,
                defaultValueSql: "'[]'");

            migrationBuilder.AddColumn<string>(
                name: "lateness",
                table: "execution_parts",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "lateness_buckets",
                table: "execution_parts",
                type: "bytea",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "messages_dropped",
                table: "execution_parts",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<double>(
                name: "paused_seconds",
                table: "execution_parts",
                type: "double precision",
                nullable: false,
                defaultValue: 0.0);

            migrationBuilder.AddColumn<long>(
                name: "lateness_p999",
                table: "execution_instances",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "messages_dropped",
                table: "execution_instances",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.CreateTable(
                name: "execution_cohorts",
                columns: table => new
                {
                    execution_id = table.Column<long>(type: "bigint", nullable: false),
                    cohort_id = table.Column<long>(type: "bigint", nullable: false),
                    part_number = table.Column<long>(type: "bigint", nullable: false),
                    silo = table.Column<string>(type: "text", nullable: false),
                    checkpoint = table.Column<byte[]>(type: "bytea", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_execution_cohorts", x => new { x.execution_id, x.cohort_id });
                    table.ForeignKey(
                        name: "fk_execution_cohorts_executions_execution_id",
                        column: x => x.execution_id,
                        principalTable: "executions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "execution_cohorts");

            migrationBuilder.DropColumn(
                name: "lateness",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "messages_dropped",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "paused_at",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "rate",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "gaps",
                table: "execution_parts");

            migrationBuilder.DropColumn(
                name: "lateness",
                table: "execution_parts");

            migrationBuilder.DropColumn(
                name: "lateness_buckets",
                table: "execution_parts");

            migrationBuilder.DropColumn(
                name: "messages_dropped",
                table: "execution_parts");

            migrationBuilder.DropColumn(
                name: "paused_seconds",
                table: "execution_parts");

            migrationBuilder.DropColumn(
                name: "lateness_p999",
                table: "execution_instances");

            migrationBuilder.DropColumn(
                name: "messages_dropped",
                table: "execution_instances");
        }
    }
}
