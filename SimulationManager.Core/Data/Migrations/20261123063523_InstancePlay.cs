using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class InstancePlay : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<byte[]>(
                name: "checkpoint",
                table: "instances",
                type: "bytea",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "plan",
                table: "instances",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "played_at",
                table: "instances",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "silo",
                table: "instances",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "trace_parent",
                table: "executions",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "dropped_by_topic",
                table: "execution_parts",
                type: "jsonb",
                nullable: false,
                defaultValueSql: "'{}'");

            migrationBuilder.CreateIndex(
                name: "ix_instances_playing",
                table: "instances",
                column: "id",
                filter: "status = 'RUNNING'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_instances_playing",
                table: "instances");

            migrationBuilder.DropColumn(
                name: "checkpoint",
                table: "instances");

            migrationBuilder.DropColumn(
                name: "plan",
                table: "instances");

            migrationBuilder.DropColumn(
                name: "played_at",
                table: "instances");

            migrationBuilder.DropColumn(
                name: "silo",
                table: "instances");

            migrationBuilder.DropColumn(
                name: "trace_parent",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "dropped_by_topic",
                table: "execution_parts");
        }
    }
}
